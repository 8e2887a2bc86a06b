"""What errors say by default: cause, fix, and whose move it is. A translation is this one file.

What a platform's own refusals mean is said in the error catalogue of its connector.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from connector_runtime.values import Whose

PAGE = "docs/errors.md"
"""The generated page on every code, in the connector's folder."""

WHOSE: Mapping[Whose, tuple[str, str]] = {
    "recipe_author": ("the recipe author", "who filled in the input, or wrote the program that gives it"),
    "administrator": (
        "an administrator",
        "who may change rights and settings, of the platform or of the machine that the connector runs on",
    ),
    "connection_owner": ("the connection's owner", "who connected the platform, and can connect it again"),
    "nobody": ("nobody", "nothing is wrong that somebody could put right; at most it takes time"),
    "platform": ("the platform's support", "the platform has a problem of its own"),
    "connector_author": ("the connector's authors", "we: the connector must be corrected, or learn something"),
}
"""Whose move it is: the words for it, and who that is."""


class Words(NamedTuple):
    """What is said of one code."""

    cause: str
    fix: str
    whose: Whose
    report: bool = False
    """Whether the fix asks for the run's record, so that the run says where to find it."""


HOW_TO_REPORT = "The run's record: `runs show {run_id} --json`."
WHOSE_MOVE = "Whose move: {who}."

CORRECT_INPUT = "Correct the input and run again. Nothing was sent."  # no field can be named
ENDLESS = "The list does not come to an end. Narrow the filters, and report this with the run's record."
LOOK_FIRST = "Look at the platform before you run this again: the change may have been made."

WORDS: Mapping[str, Mapping[str, Words]] = {
    # error type: {its own code, then those of special cases}
    "DefinitionError": {
        "definition_error": Words(
            "The connector's own files are wrong.",
            "Correct the connector's files at the places named.",
            "connector_author",
        ),
    },
    "InvalidInput": {
        "invalid_input": Words(
            "The input cannot be used as it is.",
            "Correct what is named, and try again. Nothing was sent.",
            "recipe_author",
        ),
        "address_not_allowed": Words(
            "The connection's address is not such as may be called: only public addresses are, over https.",
            "Correct the connection's address. Nothing was sent.",
            "connection_owner",
        ),
        "not_usable": Words(
            "What is kept in the data directory, or in the database, cannot be opened.",
            "See that the directory may be written to and the disk has room, that the database runs, and that the "
            "process may have enough files open. Nothing was sent.",
            "administrator",
        ),
        "assumed_endpoint": Words(
            "The action would change a real platform, and its endpoint is only assumed.",
            "Try it on the sandbox, or allow the action on this connection. Nothing was sent.",
            "connection_owner",
        ),
        "unknown_subscriber": Words(
            "There is no subscriber of that name.",
            "Name one that there is: `subscribers list`.",
            "recipe_author",
        ),
        "unknown_connection": Words(
            "There is no connection of that name.",
            "Name a connection that there is, or connect under this name first. Without a name, the sandbox is "
            "worked on. Nothing was sent.",
            "recipe_author",
        ),
        "consent_mismatch": Words(
            "What the browser brought back is no answer to the question that was asked.",
            "Connect again, and finish in the browser window that opens then.",
            "connection_owner",
        ),
        "secrets_unreadable": Words(
            "The connection's secrets are kept, but the key at hand does not open them.",
            "Bring back the key with which they were sealed. If it is lost, connect again, with everything given anew: "
            "connections add NAME --again. Where several connections were sealed with it, remove the others first.",
            "connection_owner",
        ),
        "key_unusable": Words(
            "The key with which secrets are sealed cannot be used.",
            "Correct the key, or where it is kept. Nothing was sent.",
            "administrator",
        ),
        "extra_missing": Words(
            "A package that this needs is not installed.",
            "Install the extra that is named, of the package that brings this program.",
            "administrator",
        ),
    },
    "Conflict": {
        "conflict": Words(
            "The idempotency key belongs to another input, or its run is still in progress.",
            "Use a new key for a new input, or wait until the run in progress has ended.",
            "recipe_author",
        ),
        "key_of_another_input": Words(
            "The idempotency key stands for another run: its input, its platform or its choice of how to end differs.",
            "Use a new key for a new input.",
            "recipe_author",
        ),
        "in_progress": Words(
            "The run is in progress, here or in another process.", "Wait until it has ended.", "nobody"
        ),
        "polled_already": Words(
            "Another process reads the lists of this connection for events.",
            "One is enough for a connection: leave it to that process, or stop it first.",
            "administrator",
        ),
    },
    "EndlessChain": {
        "endless_chain": Words(
            "The run is one of a chain of runs that cause each other by their webhook events, which is too long.",
            "Let the recipe ignore the events whose caused_by names a run of its own. If so long a chain is meant, "
            "raise the limit: --longest-chain. Nothing was sent.",
            "recipe_author",
        ),
    },
    "Refused": {
        "refused": Words(
            "The platform refused, for a reason that the catalogue does not know.",
            "Read the reason, correct the input or the platform's settings, and run again. If the reason does not "
            "help, report it with the run's record: the catalogue must learn it.",
            "recipe_author",
            report=True,
        ),
    },
    "Unauthorized": {
        "unauthorized": Words(
            "The platform does not accept the connection's credentials.",
            "Reconnect: the connection's access has expired or was revoked.",
            "connection_owner",
        ),
        "access_ended": Words(
            "The connection's access has ended, and it has nothing with which to renew it.",
            "Connect again: connections add NAME --again.",
            "connection_owner",
        ),
        "consent_denied": Words(
            "The person who was asked did not allow the connection.",
            "Connect again, and allow it on the platform's page.",
            "connection_owner",
        ),
        "consent_refused": Words(
            "The platform did not let the person allow the connection.",
            "Check how the app is registered on the platform, then connect again.",
            "administrator",
        ),
    },
    "NotFound": {
        "not_found": Words(
            "The platform does not know what the request names.",
            "Check the IDs: at least one of them does not exist on this platform. If all of them do, report it with "
            "the run's record: the catalogue must learn it.",
            "recipe_author",
            report=True,
        ),
    },
    "NotNow": {
        "not_now": Words("Nothing is wrong but the moment.", "Wait a little and run again.", "nobody"),
        "interrupted": Words("The run was interrupted before any change was sent.", "Run it again.", "nobody"),
        "not_recorded": Words(
            "The run could not be recorded.",
            "Make room in the data directory, and look what the run has done before it is run again.",
            "administrator",
        ),
        "not_taken": Words(
            "A subscriber did not take what it was sent.",
            "Whoever runs the subscriber looks at it: it can be reached, and answers 2xx to what it takes. What waits "
            "for it is sent again.",
            "administrator",
        ),
        "taken_over": Words(
            "Another process has taken the run over, as this one was cut off from where runs are kept.",
            "Look at the run: it says what became of the change.",
            "nobody",
        ),
        "not_kept": Words(
            "A change to the kept connections could not be written.",
            "Make room in the data directory, and see that its files may be written to.",
            "administrator",
        ),
    },
    "RateLimited": {
        "rate_limited": Words(
            "The platform's call limit is reached.",
            "The platform's call limit is reached. Wait, then run again.",
            "nobody",
        ),
        "budget_spent": Words(
            "The connection's own limit is reached, or the platform asked to be left alone for a while.",
            "Wait, or let the run wait longer. If the platform's contract allows more calls, connect it with limits of "
            "its own.",
            "nobody",
        ),
    },
    "PlatformBroken": {
        "platform_broken": Words(
            "The platform answered with an error of its own.",
            "The platform has a problem of its own. Wait, then run again. If it stays so, ask the platform's support.",
            "platform",
        ),
    },
    "Unreachable": {
        "unreachable": Words(
            "The platform could not be reached, or did not answer in time.",
            "Wait a little and run again. If it stays so, check the platform's address and your network.",
            "nobody",
        ),
        "unusable_request": Words(
            "The request cannot be written: an address, a credential or a list is not such as can be sent.",
            "Check the connection's address and credentials, and shorten long lists.",
            "connection_owner",
        ),
    },
    "UnknownOutcome": {
        "unknown_outcome": Words(
            "A change was sent, and its answer was lost or does not say what was done.",
            LOOK_FIRST,
            "recipe_author",
        ),
        "interrupted": Words(
            "The run was interrupted after the change was sent.",
            LOOK_FIRST,
            "recipe_author",
        ),
    },
    "UnexpectedOutput": {
        "unexpected_output": Words(
            "The answer, or our reading of it, is not what the declaration says.",
            "Report this with the run's record: the connector must learn this answer.",
            "connector_author",
            report=True,
        ),
        "internal": Words(
            "The connector failed.",
            "Report this with the run's record: the connector has a fault.",
            "connector_author",
            report=True,
        ),
        "filter_ignored": Words(
            "The platform ignored a filter and answered with other rows too, so the whole answer is withheld.",
            "Run without this filter and leave out the rows that are not wanted. Report this with the run's record.",
            "connector_author",
            report=True,
        ),
        "answer_too_large": Words(
            "The answer is larger than the connector reads.",
            "Ask for fewer records on a page, or narrow the filters.",
            "recipe_author",
        ),
        "no_user": Words(
            "The platform answered, but does not say as whom the connection acts.",
            "Check the connection's address: what answers there may not be the platform.",
            "connection_owner",
        ),
        "no_token": Words(
            "The token endpoint accepted the request, but its answer has no token that can be used.",
            "Check the connection's address: what answers there may not be the platform.",
            "connection_owner",
        ),
    },
    "NoProgress": {
        "no_progress": Words(
            "The pages repeat themselves or never end.",
            ENDLESS,
            "connector_author",
            report=True,
        ),
        "same_cursor": Words(
            "A page names itself as the next one.",
            ENDLESS,
            "connector_author",
            report=True,
        ),
        "cursor_cycle": Words(
            "A page names an earlier one as the next.",
            ENDLESS,
            "connector_author",
            report=True,
        ),
        "same_rows": Words(
            "A page repeats the rows of an earlier one.",
            ENDLESS,
            "connector_author",
            report=True,
        ),
        "empty_page": Words(
            "A page is empty, yet says that there is more.",
            ENDLESS,
            "connector_author",
            report=True,
        ),
        "endless": Words(
            "A page says that there is more, though all rows of the total have come.",
            ENDLESS,
            "connector_author",
            report=True,
        ),
        "shrinking_total": Words(
            "The list became shorter while it was read, so rows may have been left out.",
            "Read the list again from its beginning. When rows are taken out of a list while it is read, those behind "
            "them move up, and some of them would never be seen.",
            "recipe_author",
        ),
    },
}
