"""Who is in the demonstration. Everybody and every place here is invented."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from engine.people.matching import COLUMNS

DOMAIN = "northmoor.example"
FORUM = f"https://hub.{DOMAIN}"
BLOG = f"https://frontdesk.{DOMAIN}"
BLOG_PROFILE = "https://www.blogger.com/profile/04120021"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody at Northmoor; `account` is the name used at the forum."""

    name: str
    account: str
    communities: tuple[str, ...]
    manager: str = ""
    number: int = 0
    blog: str = ""

    @property
    def email(self) -> str:
        """The address, made of the name without its accents."""
        first, last = self.name.translate(_PLAIN).lower().split(" ")
        return f"{first}.{last}@{DOMAIN}"

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The accounts the people file says are hers."""
        forum = (f"{FORUM}::{self.account}",) if self.account else ()
        return forum + ((f"{BLOG}::{self.blog}",) if self.blog else ())


_PLAIN = str.maketrans("éèá", "eea")
_ODILE, _RUTH = f"odile.brandt@{DOMAIN}", f"ruth.calloway@{DOMAIN}"

INES = Member(
    name="Ines Halloran",
    account="ines.h",
    communities=("Policy Hub", "Open Data"),
    manager=_RUTH,
    number=11,
    blog=BLOG_PROFILE,
)
ODILE = Member(name="Odile Brandt", account="odile", communities=("Policy Hub",), number=12)
SAMI = Member(name="Sami Okonjo", account="sami", communities=(), number=13)
THEA = Member(name="Théa Gagné", account="thea", communities=("Open Data",), number=14)
RUTH = Member(name="Ruth Calloway", account="ruth.c", communities=("Policy Hub",), number=15)
BO = Member(
    name="Bo Lindqvist", account="bo_l", communities=("Policy Hub",), manager=_RUTH, number=16
)
PRIYA = Member(
    name="Priya Anselm", account="priya", communities=("Policy Hub",), manager=_RUTH, number=17
)
TOMAS = Member(
    name="Tomás Reyes", account="treyes", communities=("Open Data",), manager=_ODILE, number=18
)
MBALI = Member(
    name="Mbali Verhoeven", account="mbali", communities=("Open Data",), manager=_ODILE, number=19
)
NOOR = Member(
    name="Noor Castellane", account="noor", communities=("Policy Hub",), manager=_RUTH, number=20
)
JONAS = Member(name="Jonas Whitlock", account="", communities=("Open Data",), manager=_ODILE)
# Her forum account is nobody's yet: the pages show how linking lights up what is recorded.
LENA = Member(name="Lena Okafor", account="", communities=("Policy Hub",), manager=_RUTH)

MEMBERS = (INES, ODILE, SAMI, THEA, RUTH, BO, PRIYA, TOMAS, MBALI, NOOR, JONAS, LENA)

LEARNER, LD, OPERATOR, EXPERT = INES.email, ODILE.email, SAMI.email, THEA.email
ROLES: Mapping[str, str] = {
    LEARNER: "learner",
    LD: "ld",
    OPERATOR: "operator",
    EXPERT: "expert",
    RUTH.email: "manager",
}


def csv_text() -> str:
    """The people file, in the form that `byway people import` reads."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for member in MEMBERS:
        identifiers, communities = "|".join(member.identifiers), "|".join(member.communities)
        writer.writerow([member.name, member.email, identifiers, communities, member.manager])
    return out.getvalue()
