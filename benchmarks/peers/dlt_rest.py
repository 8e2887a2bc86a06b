"""dlt's rest_api source, iterated or run into JSON lines on disk: python dlt_rest.py URL iterated|lines total|empty

It ends by the total that each page names, as dlt's documentation has it, or at an empty page: that is quicker, as the
total costs dlt another parsing of every page.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

# Nothing leaves the machine, and files are plain, as the others write them: both by dlt's own settings.
os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true"}

import dlt
import reading
from dlt.sources.rest_api import rest_api_source

TOTAL = "data.total_page_count" if sys.argv[3] == "total" else None
CONFIG = {
    "client": {"base_url": reading.url()},
    "resources": [
        {
            "name": "enrollments",
            "max_table_nesting": 0,
            "endpoint": {
                "path": reading.LIST,
                "params": {"page_size": reading.SIZE},
                "data_selector": "data.items",
                "paginator": {"type": "page_number", "base_page": 1, "total_path": TOTAL},
            },
        }
    ],
}


def iterate() -> None:
    """Read the list once, record by record."""
    source = rest_api_source(CONFIG)
    began = time.perf_counter()
    seen = reading.in_order(source.resources["enrollments"])
    reading.tell(time.perf_counter() - began, reading.peak_mb(), seen)


def write(folder: Path) -> None:
    """Read the list once into JSON lines."""
    pipeline = dlt.pipeline(
        "enrollments",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.filesystem(bucket_url=str(folder / "loaded")),
        dataset_name="read",
    )
    source = rest_api_source(CONFIG)
    began = time.perf_counter()
    pipeline.run(source, loader_file_format="jsonl")
    took, peak = time.perf_counter() - began, reading.peak_mb()
    written = sorted((folder / "loaded" / "read" / "enrollments").glob("*.jsonl"))
    records = (record for path in written for record in reading.in_file(path))
    reading.tell(took, peak, reading.in_order(records))


if sys.argv[2] == "lines":
    with tempfile.TemporaryDirectory() as made:
        write(Path(made))
else:
    iterate()
