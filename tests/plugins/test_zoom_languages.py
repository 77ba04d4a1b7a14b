"""Zoom writes its headings in the language of whoever exports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.api import Bundle, Delivery
from plugins.zoom import Zoom

BO = "bo.lund@example.org"
STAY = "09/22/2026 12:01:10 PM,09/22/2026 12:57:00 PM,56"
WEBINAR = """\
Tema,ID del seminario web,Hora de inicio real
Plain words,912 3456 7890,09/22/2026 12:00:02 PM
{}
Asistió,Nombre de usuario (nombre original),Correo electrónico,Hora de entrada,Hora de salida
{},Bo Lund,bo.lund@example.org,09/22/2026 12:01:10 PM,09/22/2026 12:57:00 PM
"""
REPEATED = """\
Tema,ID de reunión,E-mail del usuario,Nombre (nombre original),E-mail del usuario,Hora para unirse
Plain words,81234567890,ines@example.org,Bo Lund,bo.lund@example.org,09/22/2026 12:01:10 PM
"""
LISTED = """\
Argomento,ID,Nome (nome originale),E-mail,Ora di ingresso,Ora di uscita,In sala d’attesa
Plain words,81234567890,Bo Lund,bo.lund@example.org,09/22/2026 12:01,09/22/2026 12:57,{}
"""


def read(body: str) -> list[Any]:
    bundle = Bundle(key=None, deliveries=(Delivery(body=body.encode(), name="report.csv"),))
    return list(Zoom().activities(bundle, {"timezone": "America/Toronto"}))


@pytest.mark.parametrize(
    ("meeting", "people"),
    [
        pytest.param(
            "Tema,ID de reunión,Hora de inicio",
            "Nombre (nombre original),E-mail del usuario,Hora para unirse,Hora para salir,"
            "Duración (minutos)",
            id="Spanish",
        ),
        pytest.param(
            "Tópico,ID da reunião,Hora de início",
            "Nome (nome original),E-mail,Ingressar na hora,Hora de saída,Duração (minutos)",
            id="Portuguese",
        ),
        pytest.param(
            "Argomento,ID,Ora di inizio",
            "Nome (nome originale),E-mail,Ora di ingresso,Ora di uscita,Durata (minuti)",
            id="Italian",
        ),
        pytest.param(
            "Sujet,N° de réunion,Heure de début",
            "Nom (nom original),Adresse e-mail de l’utilisateur,Heure d’arrivée,Heure de départ,"
            "Durée (minutes)",
            id="French",
        ),
        pytest.param(
            "Thema,Meeting-ID,Startzeit",
            "Name (ursprünglicher Name),E-Mail,Beitrittszeit,Austrittszeit,Dauer (Minuten)",
            id="German",
        ),
        pytest.param(
            "Тема,Идентификатор конференции,Время начала",
            "Имя (настоящее имя),Электронная почта,Время входа,Время выхода,"
            "Продолжительность (минуты)",
            id="Russian",
        ),
        pytest.param(
            "주제,ID,시작 시간", "이름(원래 이름),이메일,참가 시간,나간 시간,기간(분)", id="Korean"
        ),
        pytest.param(
            "トピック,ミーティング ID,開始時刻",
            "名前 (元の名前),メールアドレス,参加時刻,退出時刻,時間 (分)",
            id="Japanese",
        ),
        pytest.param(
            "主题,ID,开始时间", "名称(原名),电子邮件,加入时间,离开时间,持续时间(分钟)", id="Chinese"
        ),
    ],
)
def test_a_list_in_another_language(meeting: str, people: str) -> None:
    about = "Plain words,812 3456 7890,09/22/2026 12:00:02 PM"
    (bo,) = read(f"{meeting}\n{about}\n\n{people}\nBo Lund,{BO},{STAY}\n")
    assert (bo.actor.email, bo.actor.name, bo.title) == (BO, "Bo Lund", "Plain words")
    assert bo.keys[0] == f"session:81234567890|09/22/2026 12:00:02 PM|{BO}"
    assert bo.duration == timedelta(minutes=55, seconds=50)


def test_a_list_without_times_says_how_long_in_its_language() -> None:
    about = "Tema,ID de reunión,Hora de inicio\nPlain words,81234567890,09/22/2026 12:00:02 PM\n"
    people = "Nombre (nombre original),E-mail del usuario,Duración total (minutos)\n"
    (bo,) = read(f"{about}\n{people}Bo Lund,{BO},56\n")
    assert bo.duration == timedelta(minutes=56)


@pytest.mark.parametrize(
    ("title", "verb"),
    [
        pytest.param("Detalles del anfitrión", "hosted", id="host"),
        pytest.param("Detalles del panelista", "presented", id="panelist"),
        pytest.param("Detalles del asistente", "attended", id="attendee"),
        pytest.param("Cómo ser un buen anfitrión en línea", "attended", id="a topic"),
    ],
)
def test_the_title_of_a_table_in_another_language(title: str, verb: str) -> None:
    (bo,) = read(WEBINAR.format(title, "Sí"))
    assert (bo.verb, bo.type) == (verb, "webinar")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(WEBINAR.format("", "No"), "registered, did not come", id="did not come"),
        pytest.param(LISTED.format("Sì"), "stayed in the waiting room", id="waited"),
    ],
)
def test_who_did_not_take_part(body: str, why: str) -> None:
    assert [one.why for one in read(body)] == [why]


def test_of_two_addresses_in_a_row_the_second_is_the_persons() -> None:
    assert [one.actor.email for one in read(REPEATED)] == [BO]


def test_answers_of_the_interface_saved_as_a_table() -> None:
    head = "id,user_id,name,user_email,join_time,leave_time,duration,attentiveness_score\n"
    (bo,) = read(f"{head}Cv,16,Bo Lund,{BO},2026-09-22T16:01:10Z,2026-09-22T16:57:00Z,3350,\n")
    assert (bo.actor.email, bo.duration) == (BO, timedelta(minutes=55, seconds=50))
