#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads what --json, --jsonl and --csv wrote, as strictly as Python can.

    check_data.py json FILE [EXPECTED]        one document a round
    check_data.py jsonl FILE [EXPECTED]
    check_data.py csv FILE [EXPECTED]
    check_data.py schema SCHEMA KIND FILE...  python3-jsonschema validates; KIND is json or jsonl
    check_data.py fields SCHEMA LIST          the schema has these fields ("name type" a line)

EXPECTED has a line of JSON for each record: an object of field names and the bytes that the field
stands for, in hex (null: the record must say null). Fields are strings; owners.0.program goes into
lists and objects. Exit status 0: all is well; 1: it is not, and stderr says why; 77: the validator
is not installed.
"""

import csv
import io
import json
import sys


class Bad(Exception):
    pass


def read_text(path, line_end):
    """The file as text: UTF-8, and no control but the line ends that the format has."""
    with open(path, "rb") as stream:
        data = stream.read()
    text = data.decode("utf-8", "strict")
    rest = text.replace(line_end, "")
    for at, char in enumerate(rest):
        if ord(char) < 0x20 or 0x7f <= ord(char) < 0xa0 or hides(ord(char)):
            raise Bad(f"{path}: U+{ord(char):04X} in {rest[max(0, at - 30):at + 30]!r}")
    if text and not text.endswith(line_end):
        raise Bad(f"{path}: does not end with a line end")
    return text


def hides(point):
    """Characters that a reader of the file must never meet; not all that the program avoids."""
    return (0x200b <= point <= 0x200f or 0x2028 <= point <= 0x202e or 0x2060 <= point <= 0x206f or
            point in (0xad, 0x61c, 0xfeff) or 0xe000 <= point <= 0xf8ff or
            0xe0000 <= point <= 0xe0fff or 0xf0000 <= point)


def no_constant(text):
    raise Bad(f"{text} is no JSON")


def no_float(text):
    raise Bad(f"{text} is no whole number")


def no_double(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Bad(f"a key twice in {[key for key, _ in pairs]}")
    return result


DECODER = json.JSONDecoder(parse_constant=no_constant, parse_float=no_float,
                           object_pairs_hook=no_double, strict=True)


def documents(text):
    at = 0
    while at < len(text):
        value, at = DECODER.raw_decode(text, at)
        if text[at] != "\n":
            raise Bad("no line end behind a document")
        at += 1
        yield value


def read_json(path):
    docs = list(documents(read_text(path, "\n")))
    for doc in docs:
        if list(doc)[-2:] != ["complete", "warnings"]:
            raise Bad(f"the last keys are {list(doc)[-2:]}")
    if not docs:
        raise Bad("no document")
    return [row for doc in docs for row in doc["sockets"]]


def read_jsonl(path):
    lines = [DECODER.decode(line) for line in read_text(path, "\n").split("\n")[:-1]]
    if not lines or lines[-1].get("end") is not True:
        raise Bad("the last record is not the end")
    return [line for line in lines if "end" not in line and "begin" not in line]


def read_csv(path):
    text = read_text(path, "\r\n")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if len(rows) != text.count("\r\n"):
        raise Bad(f"{text.count(chr(10))} lines make {len(rows)} records")
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            raise Bad(f"{len(row)} fields instead of {len(rows[0])}")
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def unescape(text):
    """The bytes that an escaped text stands for."""
    out = bytearray()
    at = 0
    while at < len(text):
        if text[at] != "\\":
            out += text[at].encode()
            at += 1
        elif text[at + 1] == "\\":
            out.append(0x5c)
            at += 2
        elif text[at + 1] == "x" and text[at + 2:at + 4] == text[at + 2:at + 4].lower():
            out.append(int(text[at + 2:at + 4], 16))
            at += 4
        else:
            raise Bad(f"no escape: {text[at:at + 4]!r}")
    return bytes(out)


def is_utf8(data):
    try:
        data.decode()
        return True
    except UnicodeDecodeError:
        return False


def value_of(record, name, is_csv):
    """(text, hex or None) of a field."""
    parts = name.split(".")
    for part in parts[:-1]:
        record = record[int(part) if part.isdigit() else part]
    return record[parts[-1]], None if is_csv else record.get(parts[-1] + "_hex")


def check_value(name, want, text, hexa, is_csv):
    if want is None:
        if text != ("" if is_csv else None) or hexa is not None:
            raise Bad(f"{name} should be absent, is {text!r}")
        return
    data = bytes.fromhex(want)
    if is_csv:
        good = unescape(text) == data
    elif hexa is None:
        good = is_utf8(data) and text.encode() == data
    else:
        good = not is_utf8(data) and bytes.fromhex(hexa) == data and unescape(text) == data
    if not good:
        raise Bad(f"{name} of {data!r} is {text!r}, hex {hexa}")


def check_expected(records, path, is_csv):
    with open(path, encoding="ascii") as stream:
        wants = [json.loads(line) for line in stream]
    if len(wants) != len(records):
        raise Bad(f"{len(records)} records instead of {len(wants)}")
    for want, record in zip(wants, records):
        for name, data in want.items():
            check_value(name, data, *value_of(record, name, is_csv), is_csv)


def close_schema(node):
    """Unknown members are allowed to readers of a later version; here they are a fault."""
    if isinstance(node, dict):
        if "properties" in node:
            node["additionalProperties"] = False
        for child in node.values():
            close_schema(child)
    elif isinstance(node, list):
        for child in node:
            close_schema(child)


def check_schema(schema_path, kind, paths):
    try:
        import jsonschema
    except ImportError:
        print("python3-jsonschema is not installed", file=sys.stderr)
        sys.exit(77)
    with open(schema_path, encoding="utf-8") as stream:
        schema = json.load(stream)
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    close_schema(schema)
    if kind == "jsonl":
        schema = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": "#/$defs/line"}
    validator = validator_class(schema)
    for path in paths:
        for value in documents(read_text(path, "\n")):
            for error in validator.iter_errors(value):
                raise Bad(f"{path}: {list(error.absolute_path)}: {error.message[:300]}")


def check_fields(schema_path, list_path):
    with open(schema_path, encoding="utf-8") as stream:
        shown = json.load(stream)["$defs"]["socket"]["properties"]
    with open(list_path, encoding="ascii") as stream:
        fields = dict(line.split() for line in stream)
    if set(shown) != set(fields):
        raise Bad(f"only in the schema: {sorted(set(shown) - set(fields))}; "
                  f"not in it: {sorted(set(fields) - set(shown))}")
    refs = {name: property["$ref"].split("/")[-1] for name, property in shown.items()}
    for name, kind in fields.items():
        if refs[name] != kind:
            raise Bad(f"{name} is {kind}, in the schema {refs[name]}")


def main(command, *arguments):
    if command == "schema":
        check_schema(arguments[0], arguments[1], arguments[2:])
        return
    if command == "fields":
        check_fields(*arguments)
        return
    readers = {"json": read_json, "jsonl": read_jsonl, "csv": read_csv}
    records = readers[command](arguments[0])
    if len(arguments) > 1:
        check_expected(records, arguments[1], command == "csv")


try:
    main(*sys.argv[1:])
except (Bad, ValueError, KeyError, IndexError, csv.Error) as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(1)
