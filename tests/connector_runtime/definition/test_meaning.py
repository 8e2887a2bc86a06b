# ruff: noqa: E501 — a case is read best on one line
"""Every name in a declaration names something; what does not is a fault with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connector_runtime.workshop import altered, copied, faults

LIST = "actions/list_loans.yaml"
LEND = "actions/lend_book.yaml"
BACK = "actions/return_books.yaml"
MADE = "triggers/loan.made.yaml"
ONE = "fixtures/webhooks/loan.made/one_loan.yaml"
TWO = "fixtures/webhooks/loan.made/two_loans.yaml"
HOME = "connector.yaml"
EXTRA = "    labels: {title: Labels, description: Free words., type: object}"
LENT = "    loan: {title: Loan, description: What was lent., $ref: ../schemas/loan.yaml}"

FAULTS = [
    # the file's name
    (LEND, "key: lend_book", "key: lend_a_book", "the file is called lend_book, so this must be `lend_book`, not `lend_a_book` (at /key)"),
    (MADE, "event: loan.made", "event: loan.mad", "so this must be `loan.made`, not `loan.mad` (at /event)"),
    # the request
    (LEND, "path: /books/{book_code}/loans", "path: /books/{book_cod}/loans", "`book_cod` is not an input, did you mean `book_code`? (at /request/path)"),
    (LEND, "path: /books/{book_code}/loans", "path: /books/{term}/loans", "`term` stands in the path, so it must be required (at /request/path)"),
    (LEND, "path: /books/{book_code}/loans", "path: /books/{book_code/loans", "(at /request/path)"),
    (LEND, "path: /books/{book_code}/loans", "path: /books/book_code}/loans", "(at /request/path)"),
    (LEND, "path: /books/{book_code}/loans", "path: /books/{}/loans", "(at /request/path)"),
    (LEND, "path: /books/{book_code}/loans", "path: /books/{book_code!r}/loans", "(at /request/path)"),
    (LEND, "path: /books/{book_code}/loans", "path: books/{book_code}/loans", "(at /request/path)"),
    (LEND, "    - pick_up", "    - pickup", "`pickup` is not an input, did you mean `pick_up`? (at /request/body/2)"),
    (LEND, "- due: due_at", "- due: due", "`due` is not an input, did you mean `due_at`? (at /request/body/1)"),
    (LEND, "- copies: [book_code]", "- copies: [book]", "`book` is not an input, did you mean `book_code`? (at /request/body/6)"),
    (LEND, "- copies: [book_code]", "- copies: []", "(at /request/body/6"),
    (LEND, "- copies: [book_code]", "- copies: [book_code, nonsense]", "(at /request/body/6"),
    (LEND, "- due: due_at", "- {due: due_at, other: term}", "an entry has one key: the wire name (at /request/body/1)"),
    (LEND, "- due: due_at", "- {}", "an entry has one key: the wire name (at /request/body/1)"),
    (LIST, "    - late\n", "    - lat\n", "`lat` is not an input, did you mean `late`? (at /request/query/3)"),
    # fields
    (LEND, EXTRA, "    labels: {description: Free words., type: object}", "a field needs a title (at /input/properties/labels)"),
    (LEND, EXTRA, "    labels: {title: Labels, description: Free words.}", "a field needs a type (at /input/properties/labels)"),
    (LEND, "term: {title: Term, description: For how long., type: integer,", "term: {title: Term, description: For how long.,", "a field needs a type (at /input/properties/term)"),
    ("schemas/loan.yaml", "{title: Code, description: The book's code., type: string,", "{description: The book's code., type: string,", "a field needs a title (at /output/properties/loan/properties/book/properties/code)"),
    (BACK, "items: {type: string}}\n    notify", "items: {description: Of what}}\n    notify", "a field needs a type (at /input/properties/book_codes/items)"),
    (LEND, "required: [book_code]", "required: [book_cod]", "`book_cod` is required but not declared, did you mean `book_code`? (at /input/required)"),
    (LEND, "{required: [member_email]}", "{required: [email]}", "`email` is required but not declared, did you mean `member_email`? (at /input/anyOf/1/required)"),
    (LEND, "{required: [name], properties", "{required: [nam], properties", "`nam` is required but not declared, did you mean `name`? (at /input/properties/companions/"),
    # annotations
    (LIST, "x-item: id", "x-item: idd", "the rows have no field `idd` (at /input/properties/member_ids/x-item)"),
    (LIST, "x-list: comma, x-choices: [{const: open", "x-choices: [{const: open", "is for `x-list`; a single choice is `oneOf` (at /input/properties/states/x-choices)"),
    (LIST, "x-filters: member_id", "x-filters: membr_id", "the rows have no field `membr_id`, did you mean `member_id`? (at /input/properties/member_ids/x-filters)"),
    (LEND, EXTRA, EXTRA[:-1] + ", x-filters: member_id}", "the rows have no field `member_id` (at /input/properties/labels/x-filters)"),
    (LEND, LENT, LENT[:-1] + ", x-wire: loan}", "(at /output/properties/loan/x-wire"),
    # pages
    (LIST, "page: page, size", "page: pag, size", "`pag` is not an input, did you mean `page`? (at /paging/page)"),
    (LIST, "size: page_size,", "size: size,", "`size` is not an input, did you mean `page_size`? (at /paging/size)"),
    (LIST, "items: /loans, more", "items: /loan, more", "the output has no field /loan (at /paging/items)"),
    (LIST, "more: /more, total", "more: /any, total", "the output has no field /any (at /paging/more)"),
    (LIST, "total: /total}", "total: total}", "the output has no field total (at /paging/total)"),
    # writes and reads
    (LEND, "natural_key: [member_id, book_code]", "natural_key: [member, book_code]", "`member` is not an input, did you mean `member_"),
    (LEND, "natural_key: [member_id, book_code]\n", "", "a write needs one, a read has none (at /natural_key)"),
    (LIST, "kind: read", "kind: read\nnatural_key: [page]", "a write needs one, a read has none (at /natural_key)"),
    (LIST, "kind: read", "kind: read\nif_already: {codes: [already_lent], default: fail}", "is for writes: a read changes nothing (at /if_already)"),
    (LEND, "kind: create", "kind: create\nif_already: {codes: [already_lnt], default: fail}", "no entry has the code `already_lnt`, which lend_book names, did you mean `already_lent`? (at /errors/catalogue)"),
    # events
    (LEND, "event: loan.made", "event: loan.mad", "no such trigger, did you mean `loan.made`? (at /emits/0/event)"),
    (LEND, "match: {book_code: book_code}", "match: {book_cod: book_code}", "the event has no field `book_cod`, did you mean `book_code`? (at /emits/0/match/book_cod)"),
    (LEND, "match: {book_code: book_code}", "match: {book_code: code}", "`code` is not an input"),
    (BACK, "when_input: notify", "when_input: notfy", "`notfy` is not an input, did you mean `notify`? (at /emits/0)"),
    (MADE, "caused_by: [lend_book]", "caused_by: []", "the actions that emit loan.made are: lend_book (at /caused_by)"),
    (MADE, "caused_by: [lend_book]", "caused_by: [lend_book, list_loans]", "the actions that emit loan.made are: lend_book (at /caused_by)"),
    (MADE, "identity: [book_code, member_id, at]", "identity: [book_cod, member_id, at]", "the event has no field `book_cod`, did you mean `book_code`? (at /identity/0)"),
    (MADE, "identity: [book_code, member_id, at]", "identity: [book_code, note]", "`note` tells occurrences apart, so /payload/required must name it (at /identity/1)"),
    (MADE, "identity: [book_code, member_id, at]", "identity: []", "name at least one field (at /identity)"),
    (MADE, "per: [book_code]", "per: [member_id, book_cod]", "the event has no field `book_cod`, did you mean `book_code`? (at /order/per/1)"),
    (MADE, "by: at}", "by: note}", "`note` tells occurrences apart, so /payload/required must name it (at /order/by)"),
    (MADE, "by: at}", "by: noted}", "the event has no field `noted`, did you mean `note`? (at /order/by)"),
    (MADE, "by: at}", "by: member_id}", "`member_id` is not a text, so no date-time either (at /order/by)"),
    (MADE, "required: [book_code, member_id, at]", "required: [book_code, membr_id, at]", "`membr_id` is required but not declared, did you mean `member_id`? (at /payload/required)"),
    (MADE, "{title: Note, description", "{description", "a field needs a title (at /payload/properties/note)"),
    (MADE, "wrote down., type: string", "wrote down.", "a field needs a type (at /payload/properties/note)"),
    # samples of deliveries
    (ONE, "number: 11, ", "", "a delivery has an id at /number (at /number)"),
    (ONE, "event: loan.made, ", "", "a delivery has its event's id at /event (at /event)"),
    (ONE, "event: loan.made", "event: loan.ended", "this is a sample of loan.made, not of loan.ended (at /event)"),
    (ONE, "payload: {", "facts: {", "a delivery has either a payload or several, at /payload or /all (at /)"),
    (ONE, "note: null}", "note: null}, all: []", "a delivery has either a payload or several, at /payload or /all (at /)"),
    (ONE, "member_id: 7", "member_id: seven", "'seven' is not of type 'integer' (at /payload/member_id)"),
    (ONE, "member_id: 7", "member_id: null", "'member_id' is a required property (at /payload)"),
    (ONE, "note: null", "nte: null, nota: x", "('nota' was unexpected) (at /payload)"),
    (ONE, "01.02.2026 10:00", "2026-02-01 10:00", "orders the occurrences, so it is a date-time as connector.yaml writes it (%d.%m.%Y %H:%M) (at /payload/at)"),
    (TWO, "book_code: B-3, member_id: 7", "book_code: B-3, member_id: 7.5", "7.5 is not of type 'integer' (at /all/1/member_id)"),
    (TWO, "{at: \"02.02.2026 10:00\", book_code: B-3, member_id: 7}", "B-3", "'B-3' is not of type 'object' (at /all/1)"),
    # sources, samples, the connection
    (LIST, "/request/query/7: {grade", "/request/query/8: {grade", "there is nothing at /request/query/8 in this file (at /source/assumed/~1request~1query~18)"),
    (LIST, "/request/query/7: {grade", "/nonsense/here: {grade", "there is nothing at /nonsense/here in this file"),
    (LIST, "/request/query/7: {grade", "request/query/7: {grade", "(at /source/assumed/request~1query~17)"),
    (LEND, "samples: [by_member_id]", "samples: [by_member_id, nothing]", "nothing.yaml (at /samples/1)"),
    (LEND, "samples: [by_member_id]", "samples: []", "(at /samples)"),
    (MADE, "samples: [one_loan, ", "samples: [three_loans, ", "three_loans.yaml (at /samples/0)"),
    (MADE, "samples: [one_loan, two_loans]", "samples: []", "name at least one delivery (at /samples)"),
    (HOME, "deliveries: {id: /number", "deliveries: {id: number", "a JSON pointer begins with a slash (at /deliveries/id)"),
    (HOME, "payloads: /all}", "payloads: all}", "a JSON pointer begins with a slash (at /deliveries/payloads)"),
    (HOME, "deliveries: {id: /number, event: /event, payload: /payload, payloads: /all}", "", "there are triggers, so `deliveries` must say what a delivery looks like (at /)"),
    (HOME, "base_url: https://{host}/api", "base_url: https://{hst}/api", "`hst` is not an input, did you mean `host`? (at /connection/base_url)"),
    (HOME, "base_url: https://{host}/api", "base_url: https://{host}/api\n  suffix: .Example", "write a domain in lower case, such as example.com (at /connection/suffix)"),
    (HOME, "test: list_loans", "test: list_loan", "`list_loan` is not an action that reads (at /connection/test)"),
    (HOME, "test: list_loans", "test: lend_book", "`lend_book` is not an action that reads (at /connection/test)"),
    # the error catalogue
    (HOME, "about: member_email", "about: member_mail", "no action has an input `member_mail`, did you mean `member_email`? (at /errors/catalogue/1/about)"),
    (HOME, "about: [book_codes, book_code]", "about: [book_codes, nothing]", "no action has an input `nothing`, did you mean `notify`? (at /errors/catalogue/0/about)"),
    (HOME, "raised: Refused", "raised: Refused\n      says: x", "such an error is found by its code: leave out how an answer looks (at /errors/catalogue/1/raised)"),
    (HOME, "says: is lent", "at: result", "a JSON pointer begins with a slash (at /errors/catalogue/0/at)"),
    (HOME, "cause: The library does not know it.", "about: page", "the first entry of the code `unknown_to_the_library` must have a cause and a fix (at /errors/catalogue/3)"),
    # references
    (LEND, "$ref: ../schemas/member_id.yaml", "$ref: ../schemas/membr_id.yaml", "schemas/membr_id.yaml:1:1: cannot be read"),
    (LEND, "$ref: ../schemas/member_id.yaml", "$ref: schemas/member_id.yaml", "a $ref is written ../schemas/<name>.yaml, not schemas/member_id.yaml"),
    (LEND, "$ref: ../schemas/member_id.yaml", "$ref: ../schemas/../connector.yaml", "a $ref is written ../schemas/<name>.yaml"),
    (LEND, "$ref: ../schemas/member_id.yaml", "$ref: ../schemas/member_id.yml", "a $ref is written ../schemas/<name>.yaml"),
    ("schemas/member_id.yaml", "title: Member ID", "$ref: ../schemas/member_id.yaml", "schemas:1:1: a shape refers to itself"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), FAULTS, ids=[f"{f[0]}: {f[2].strip()[-60:]}" for f in FAULTS])
def test_a_name_that_names_nothing_is_a_fault(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    folder = copied(tmp_path)
    altered(folder, file, old, new)
    found = faults(folder)
    assert [fault for fault in found if said in fault], found


def test_a_fault_of_meaning_has_file_line_and_column(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    altered(folder, LEND, "    - pick_up", "    - pickup")
    said = "`pickup` is not an input, did you mean `pick_up`? (at /request/body/2)"
    assert faults(folder) == [f"{LEND}:29:7: {said}"]


def test_a_wrong_sample_of_a_delivery_is_a_fault_at_its_own_place(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    altered(folder, TWO, "book_code: B-3, member_id: 7", "book_code: B-3, member_id: x")
    assert faults(folder) == [f"{TWO}:5:46: 'x' is not of type 'integer' (at /all/1/member_id)"]


def test_a_sample_that_is_no_yaml_is_a_fault(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    altered(folder, ONE, "{number", "number")
    assert faults(folder)[0].startswith(f"{ONE}:1:")


def test_the_toy_connector_has_no_faults(tmp_path: Path) -> None:
    assert faults(copied(tmp_path)) == []


def test_the_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    altered(folder, LEND, "    - pick_up", "    - pickup")
    altered(folder, LIST, "    - late\n", "    - lat\n")
    altered(folder, MADE, "caused_by: [lend_book]", "caused_by: []")
    altered(folder, HOME, "test: list_loans", "test: list_loan")
    assert {fault.split(":")[0] for fault in faults(folder)} == {LEND, LIST, MADE, HOME}


def test_the_faults_of_grammar_in_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    altered(folder, LEND, "kind: create", "kind: make")
    altered(folder, LIST, "summary:", "sumary:")
    altered(folder, MADE, "caused_by:", "cause:")
    altered(folder, HOME, "zone: UTC", "zone: CET")
    assert {fault.split(":")[0] for fault in faults(folder)} == {LEND, LIST, MADE, HOME}
