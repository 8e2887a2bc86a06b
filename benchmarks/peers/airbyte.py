"""airbyte-cdk: a declarative manifest with page increment, its messages iterated."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import reading
from airbyte_cdk.models import (
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    Type,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

NAME = "enrollments"
MANIFEST = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": [NAME]},
    "streams": [
        {
            "type": "DeclarativeStream",
            "name": NAME,
            "primary_key": [],
            "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object", "properties": {}}},
            "retriever": {
                "type": "SimpleRetriever",
                "requester": {
                    "type": "HttpRequester",
                    "url_base": reading.url(),
                    "path": reading.LIST,
                    "http_method": "GET",
                },
                "record_selector": {
                    "type": "RecordSelector",
                    "extractor": {"type": "DpathExtractor", "field_path": ["data", "items"]},
                },
                "paginator": {
                    "type": "DefaultPaginator",
                    "page_size_option": {
                        "type": "RequestOption",
                        "inject_into": "request_parameter",
                        "field_name": "page_size",
                    },
                    "page_token_option": {
                        "type": "RequestOption",
                        "inject_into": "request_parameter",
                        "field_name": "page",
                    },
                    "pagination_strategy": {
                        "type": "PageIncrement",
                        "start_from_page": 1,
                        "page_size": reading.SIZE,
                        "inject_on_first_request": True,
                    },
                },
            },
        }
    ],
    "spec": {
        "type": "Spec",
        "connection_specification": {"type": "object", "properties": {}},
    },
}


def catalog() -> ConfiguredAirbyteCatalog:
    """The one stream, in full."""
    stream = AirbyteStream(name=NAME, json_schema={}, supported_sync_modes=[SyncMode.full_refresh])
    chosen = ConfiguredAirbyteStream(
        stream=stream, sync_mode=SyncMode.full_refresh, destination_sync_mode=DestinationSyncMode.overwrite
    )
    return ConfiguredAirbyteCatalog(streams=[chosen])


def records(source: ConcurrentDeclarativeSource) -> Iterator[Any]:
    """What the messages carry."""
    for message in source.read(logging.getLogger("airbyte"), {}, catalog()):
        if message.type == Type.RECORD:
            yield message.record.data


def main() -> None:
    """Read the list once."""
    logging.getLogger("airbyte").setLevel(logging.ERROR)
    source = ConcurrentDeclarativeSource(catalog=catalog(), config={}, state=[], source_config=MANIFEST)
    began = time.perf_counter()
    seen = reading.in_order(records(source))
    reading.tell(time.perf_counter() - began, reading.peak_mb(), seen)


main()
