"""The words of Zoom's reports in other languages than English.

Zoom writes the headings in the language of whoever exports. They stand here in small letters, in
Spanish, Portuguese, Italian, French, German, Russian, Korean, Japanese and Chinese.
"""

from __future__ import annotations

from collections.abc import Mapping

Headings = Mapping[str, tuple[str, ...]]

SESSION: Headings = {
    "topic": (
        "tema", "tópico", "argomento", "sujet", "thema", "тема", "주제", "トピック", "主题", "主題",
    ),
    "webinar": (
        "id del seminario web", "id de seminario web", "id do webinar", "id webinar",
        "id del webinar", "id du webinaire", "id de webinaire", "webinar-id",
    ),
    "meeting": (
        "id de reunión", "id de la reunión", "id da reunião", "id riunione", "id della riunione",
        "id de réunion", "id de la réunion", "n° de réunion", "meeting-id",
        "идентификатор конференции", "회의 id", "ミーティング id", "会议 id", "会议号", "會議 id",
    ),
    "start": (
        "hora de inicio real", "hora de inicio", "hora de início real", "hora de início",
        "ora di inizio effettiva", "ora di inizio", "heure de début réelle", "heure de début",
        "tatsächliche startzeit", "startzeit", "время начала", "시작 시간", "開始時刻", "開始時間",
        "开始时间",
    ),
    "end": (
        "hora de finalización", "hora de fin", "hora de término", "ora di fine", "heure de fin",
        "endzeit", "время завершения", "время окончания", "종료 시간", "終了時刻", "終了時間",
        "结束时间", "結束時間",
    ),
    "host": (
        "correo electrónico del organizador", "correo electrónico del anfitrión",
        "e-mail do anfitrião", "e-mail organizzatore", "e-mail dell'organizzatore",
        "adresse e-mail de l'hôte", "adresse e-mail de l’hôte", "e-mail des hosts", "호스트 이메일",
        "主持人电子邮件", "主持人電子郵件", "organizzatore", "anfitrión", "anfitrião", "hôte",
        "호스트",
    ),
}  # fmt: skip
PEOPLE: Headings = {
    "attended": (
        "asistió", "participou", "compareceu", "ha partecipato", "partecipato", "a participé",
        "teilgenommen", "참석함", "参加済み", "已参加",
    ),
    "name": (
        "nombre de usuario (nombre original)", "nombre (nombre original)",
        "nome de usuário (nome original)", "nome (nome original)",
        "nome utente (nome originale)", "nome (nome originale)",
        "nom d'utilisateur (nom original)", "nom d’utilisateur (nom original)",
        "nom (nom original)", "benutzername (ursprünglicher name)", "name (ursprünglicher name)",
        "name (originalname)", "имя (настоящее имя)", "이름(원래 이름)", "이름 (원래 이름)",
        "名前 (元の名前)", "名前(元の名前)", "名前（元の名前）", "名称（原名）", "名称(原名)",
        "名稱 (原始名稱)", "nombre de usuario",
    ),
    "first": ("nombre", "nome", "prénom", "vorname"),
    "last": ("apellido", "apellidos", "sobrenome", "cognome", "nom", "nachname"),
    "email": (
        "correo electrónico", "e-mail del usuario", "e-mail de usuario",
        "correo electrónico del usuario", "e-mail", "e-mail do usuário", "email dell'utente",
        "email dell’utente", "e-mail dell'utente", "adresse e-mail de l'utilisateur",
        "adresse e-mail de l’utilisateur", "adresse e-mail", "e-mail-adresse",
        "электронная почта", "адрес электронной почты пользователя", "사용자 이메일", "이메일",
        "メールアドレス", "ユーザーのメール", "电子邮件", "用户电子邮件", "電子郵件",
    ),
    "registered": (
        "hora de registro", "hora de inscripción", "hora de inscrição", "ora di registrazione",
        "heure d'inscription", "heure d’inscription", "registrierungszeit", "登録時刻",
    ),
    "join": (
        "hora para unirse", "hora de entrada", "hora de ingreso", "ingressar na hora",
        "ora di ingresso", "heure d'arrivée", "heure d’arrivée", "heure de participation",
        "heure de connexion", "beitrittszeit", "время входа", "참가 시간", "参加時刻", "参加時間",
        "加入时间", "加入時間",
    ),
    "leave": (
        "hora para salir", "hora de salida", "hora de saída", "ora di uscita", "heure de départ",
        "heure de déconnexion", "austrittszeit", "время выхода", "나간 시간", "退出時刻",
        "退出時間", "退室時間", "离开时间", "離開時間",
    ),
    "minutes": (
        "tiempo en la sesión (minutos)", "duración (minutos)", "tempo na sessão (minutos)",
        "duração (minutos)", "durata (minuti)", "temps de présence en séance (minutes)",
        "durée (minutes)", "dauer (minuten)", "продолжительность (минуты)", "기간(분)",
        "時間 (分)", "時間（分）", "持续时间（分钟）", "持续时间(分钟)",
    ),
    "waiting": (
        "en la sala de espera", "na sala de espera", "in sala d'attesa", "in sala d’attesa",
        "dans la salle d'attente", "dans la salle d’attente", "im warteraum", "대기실",
        "待機室", "在等候室中", "在等候室",
    ),
}  # fmt: skip
KIND = ("tipo", "digita", "type de réunion", "typ", "유형", "类型")
TOTAL = (
    "duración total (minutos)", "duração total (minutos)", "durata totale (minuti)",
    "durée totale (minutes)", "gesamtdauer (minuten)", "общая продолжительность (минуты)",
    "총 기간(분)", "合計時間 (分)", "总持续时间（分钟）",
)  # fmt: skip
YES = ("yes", "sí", "si", "sì", "sim", "oui", "ja", "да", "예", "네", "はい", "是")
NO = ("no", "não", "non", "nein", "нет", "아니요", "아니오", "いいえ", "否")
HOSTS = (
    "anfitri", "organizador", "organizzator", "hôte", "gastgeber", "호스트", "ホスト", "主持人",
)  # fmt: skip
PANEL = ("panel", "panél", "painel", "패널", "パネリスト", "嘉宾")


def beside(english: Headings, others: Headings) -> dict[str, tuple[str, ...]]:
    """Each column's headings, the English ones first."""
    return {name: aliases + others.get(name, ()) for name, aliases in english.items()}


def role_of(title: str) -> str:
    """Tables of hosts and panelists have the same headings: here alone the title decides."""
    words = title.casefold()
    is_short = len(words.split()) <= 4  # a topic that speaks of hosts is longer
    if words.startswith("host") or (is_short and any(stem in words for stem in HOSTS)):
        return "host"
    return "panelist" if any(stem in words for stem in PANEL) else "attendee"
