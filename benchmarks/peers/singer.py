"""singer-sdk: a tap of one stream; its messages go to a file by the SDK's faster writer."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import reading
import requests
from singer_sdk import RESTStream, Stream, Tap
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.pagination import BasePageNumberPaginator

WHOLE = ["user_id", "course_id", "enrollment_created_by", "enrollment_time_spent"]
TEXTS = ["username", "course_uid", "course_code", "course_name", "course_type", "course_begin_date", "course_end_date"]
TEXTS += ["enrollment_level", "enrollment_status", "enrollment_created_at", "enrollment_validity_begin_date"]
TEXTS += ["enrollment_validity_end_date", "enrollment_date_last_updated", "enrollment_completion_date"]


class Pages(BasePageNumberPaginator):
    """Pages from 1 on, until the answer has no more."""

    def has_more(self, response: requests.Response) -> bool:
        """Read from the end of the text, so that no page is parsed twice for this."""
        return b'"has_more_data":true' in response.content[-1000:]


class Enrollments(RESTStream):
    """The list of course enrollments."""

    name = "enrollments"
    path = reading.LIST
    url_base = reading.url()
    schema = th.PropertiesList(
        *(th.Property(name, th.IntegerType) for name in WHOLE),
        *(th.Property(name, th.StringType) for name in TEXTS),
        th.Property("enrollment_score", th.NumberType),
    ).to_dict()

    def get_new_paginator(self) -> Pages:
        """Count from 1."""
        return Pages(start_value=1)

    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:
        """The page's number and size."""
        return {"page": next_page_token, "page_size": reading.SIZE}

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """The rows as they are: quicker than the SDK's JSON path and decimals."""
        yield from response.json()["data"]["items"]


class Platform(Tap):
    """The tap."""

    name = "tap-platform"
    config_jsonschema = th.PropertiesList().to_dict()
    message_writer_class = MsgSpecWriter

    def discover_streams(self) -> list[Stream]:
        """The one stream."""
        return [Enrollments(self)]


def main() -> None:
    """Read the list once."""
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "messages.jsonl"
        tap = Platform(config={})
        with path.open("w") as file, contextlib.redirect_stdout(file):
            began = time.perf_counter()
            tap.sync_all()
            file.flush()
            took, peak = time.perf_counter() - began, reading.peak_mb()
        reading.tell(took, peak, reading.in_order(reading.in_file(path)))


main()
