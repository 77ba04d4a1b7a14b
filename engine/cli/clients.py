"""Systems that keys are made for: what their keys are like, and what to type in their forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A system that sends statements.

    `dedupe`: it sends a batch again, without ids, when it waited too long for the answer.
    `in_browser`: its key is read by whoever opens the page. `shows_names`: the accounts it sends
    are the names that people show, which say nothing of who they are.
    """

    told: str
    dedupe: bool = False
    in_browser: bool = False
    shows_names: bool = False


CLIENTS: Mapping[str, Client] = {
    "moodle": Client(
        dedupe=True,
        told="""\
In Moodle: Site administration, Plugins, Logging, Manage log stores. Enable Logstore xAPI and
open its settings:
  LRS endpoint                   {endpoint}
  Key/username                   {key}
  Secret/password                {secret}
  Send by scheduled task         on, so that no page waits
  Resend failed batches          on
  Identify users by email        on; their addresses are matched as they are
  or by username                 with --account-rule username --account-home-page MOODLE""",
    ),
    "openedx": Client(
        told="""\
In the Django administration of Open edX: Event routing backends, Router configurations, Add:
  Backend name                   xapi
  Route URL                      {endpoint}
  Auth scheme                    Basic
  Username                       {key}
  Password                       {secret}
Accounts are anonymous ids; list them as external_id in the people file, and make the key with
--account-rule external_id --account-home-page LMS.""",
    ),
    "bigbluebutton": Client(
        shows_names=True,
        told="""\
In the xAPI module of bbb-webhooks:
  LRS endpoint                   {endpoint}
  LRS user name                  {key}
  LRS password                   {secret}
It names people as they show themselves: link each by hand with `byway people link`.""",
    ),
    "storyline": Client(
        in_browser=True,
        told="""\
In Storyline: Publish, LMS / LRS, Report to an external LRS, Reporting and Tracking, LRS. Leave the
details to the launch where you can: typed there, they are in the published files.
  LRS endpoint                   {endpoint}
  Key                            {key}
  Secret                         {secret}""",
    ),
    "h5p": Client(
        in_browser=True,
        told="""\
In what passes on the events of H5P, such as the xAPI plugin of WordPress:
  Endpoint                       {endpoint}
  Key, user name                 {key}
  Secret, password               {secret}
Make a key without --for if only its server sends, and no page holds the secret.""",
    ),
}
