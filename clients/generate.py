#!/usr/bin/env python3
"""Writes what the clients know of the API from the program's OpenAPI document.

    generate.py openapi.json            writes the generated files of the three clients
    generate.py openapi.json --check    changes nothing; ends with 1 where a file is not what the document says

The document is that of a running program, at /openapi.json. Only the standard library is needed.
"""

import json
import keyword
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
METHODS = ("get", "post", "put", "patch", "delete")
# Calls between our own services, and what browsers and proxies ask for.
LEFT_OUT_TAGS = {"internal", "site"}
# Every client sends these by itself.
OWN_HEADERS = {"idempotency-key", "authorization", "x-api-key", "accept-language"}
GENERATED = "Generated from the OpenAPI document by clients/generate.py."


class Operation:
    """One method of one address, as the clients call it."""

    def __init__(self, method, path, described, item):
        self.method, self.path = method.upper(), path
        self.name = f"{self.method} {path}"
        self.summary = first_sentence(described.get("summary") or described.get("description") or "")
        given = [*item.get("parameters", []), *described.get("parameters", [])]
        self.in_path = [one for one in given if one["in"] == "path"]
        self.in_query = [one for one in given if one["in"] == "query"]
        self.in_headers = [one for one in given if one["in"] == "header" and one["name"].lower() not in OWN_HEADERS]
        self.body = described.get("requestBody")
        self.replies = [reply for status, reply in described.get("responses", {}).items() if status.startswith("2")]

    def body_schema(self):
        return None if self.body is None else self.body["content"]["application/json"].get("schema", {})

    def reply_schemas(self):
        """The schema of each success: None without a body, "text" for what is not JSON."""
        schemas = []
        for reply in self.replies:
            content = reply.get("content") or {}
            if "application/json" in content:
                schemas.append(content["application/json"].get("schema", {}))
            else:
                schemas.append("text" if content else None)
        return schemas


def first_sentence(text):
    text = " ".join(text.split()).replace("*/", "* /")
    return re.split(r"(?<=[.!?]) ", text)[0] if text else ""


def is_called(operation, described):
    """Whether a client calls it: JSON or nothing goes in, and JSON, text or nothing comes out."""
    if LEFT_OUT_TAGS & set(described.get("tags", [])) or operation.path.startswith("/internal/"):
        return False
    if operation.body is not None and "application/json" not in operation.body.get("content", {}):
        return False
    kinds = [set(reply.get("content") or {"none"}) for reply in operation.replies]
    readable = {"application/json", "text/plain", "none"}
    return bool(kinds) and all(kind & readable for kind in kinds)


def operations(document):
    found = []
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = Operation(method, path, item[method], item)
                if is_called(operation, item[method]):
                    found.append(operation)
    return sorted(found, key=lambda one: (one.path, one.method))


def reached(document, called):
    """The schemas that the operations need, by name."""
    schemas, wanted, seen = document["components"]["schemas"], [], set()
    for operation in called:
        wanted += [operation.body_schema(), *operation.reply_schemas()]
        wanted += [one.get("schema") for one in operation.in_path + operation.in_query + operation.in_headers]
    seen.add("ErrorBody")
    wanted.append(schemas["ErrorBody"])
    while wanted:
        for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(wanted.pop())):
            if name not in seen:
                seen.add(name)
                wanted.append(schemas[name])
    return {name: schemas[name] for name in sorted(seen)}


def parts_of(schema):
    """The schemas of which a value has one; more than one for `oneOf`, and where null is allowed."""
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return schema[word]
    kind = schema.get("type")
    if isinstance(kind, list):
        return [{**schema, "type": one} for one in kind]
    return None


# ---- TypeScript


def ts_property(name):
    return name if re.fullmatch(r"[A-Za-z_$][\w$]*", name) else json.dumps(name)


def ts_type(schema):
    if not isinstance(schema, dict) or not schema:
        return "unknown"
    if "$ref" in schema:
        return ts_name(schema["$ref"].rsplit("/", 1)[1])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if parts_of(schema):
        kinds = dict.fromkeys(ts_type(part) for part in parts_of(schema))
        return " | ".join(kinds)
    if "allOf" in schema:
        return " & ".join(f"({ts_type(part)})" for part in schema["allOf"])
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return "number"
    if kind in ("string", "boolean", "null"):
        return kind
    if kind == "array":
        if "prefixItems" in schema:
            return "[" + ", ".join(ts_type(part) for part in schema["prefixItems"]) + "]"
        return f"({ts_type(schema.get('items', {}))})[]"
    if "properties" in schema:
        required = schema.get("required", [])
        fields = (
            f"{ts_property(name)}{'' if name in required else '?'}: {ts_type(part)}"
            for name, part in schema["properties"].items()
        )
        return "{ " + "; ".join(fields) + " }"
    values = schema.get("additionalProperties")
    return f"Record<string, {ts_type(values)}>" if isinstance(values, dict) else "Record<string, unknown>"


def ts_name(name):
    return re.sub(r"\W", "_", name)


def ts_parameters(parameters):
    fields = []
    for one in parameters:
        needed = "" if one.get("required") else "?"
        # A list or an object has no one form in an address.
        kind = ts_type(one.get("schema", {})) if one["in"] == "query" else "string"
        kind = kind.replace(" | null", "")
        fields.append(f"{ts_property(one['name'])}{needed}: {kind}")
    return "{ " + "; ".join(fields) + " }"


def ts_operation(operation):
    given = []
    for word, parameters in (("path", operation.in_path), ("query", operation.in_query), ("headers", operation.in_headers)):
        if parameters:
            needed = "" if any(one.get("required") for one in parameters) else "?"
            given.append(f"{word}{needed}: {ts_parameters(parameters)}")
    if operation.body is not None:
        needed = "" if operation.body.get("required") else "?"
        given.append(f"body{needed}: {ts_type(operation.body_schema())}")
    replies = dict.fromkeys(
        "null" if schema is None else "string" if schema == "text" else ts_type(schema) for schema in operation.reply_schemas()
    )
    request = "{ " + "; ".join(given) + " }" if given else "{}"
    comment = f"  /** {operation.summary} */\n" if operation.summary else ""
    return f"{comment}  {json.dumps(operation.name)}: {{ request: {request}; reply: {' | '.join(replies)} }};"


def typescript(called, schemas):
    types = [f"// {GENERATED}", ""]
    for name, schema in schemas.items():
        summary = first_sentence(schema.get("description", ""))
        comment = f"/** {summary} */ " if summary else ""
        types.append(f"{comment}export type {ts_name(name)} = {ts_type(schema)};")
    text = "\n".join(ts_operation(one) for one in called)
    used = [ts_name(name) for name in schemas if re.search(rf"\b{ts_name(name)}\b", re.sub(r'"[^"]*"|/\*.*?\*/', "", text))]
    table = [f"// {GENERATED}", ""]
    table += [f'import type {{ {", ".join(used)} }} from "./schemas.js";', ""]
    table += ["/** What each operation takes and gives. */", "export interface Operations {", text, "}", ""]
    return {
        "typescript/src/generated/schemas.ts": "\n".join(types) + "\n",
        "typescript/src/generated/operations.ts": "\n".join(table),
    }


# ---- Python


def py_name(name):
    return re.sub(r"\W", "_", name)


def py_type(schema, owner=""):
    if not isinstance(schema, dict) or not schema:
        return "Any"
    if "$ref" in schema:
        return f'"{py_name(schema["$ref"].rsplit("/", 1)[1])}"'
    if "enum" in schema:
        return f"Literal[{', '.join(repr(value) for value in schema['enum'])}]"
    if parts_of(schema):
        kinds = list(dict.fromkeys(py_type(part) for part in parts_of(schema)))
        return kinds[0] if len(kinds) == 1 else f"Union[{', '.join(kinds)}]"
    if "allOf" in schema:
        return "Dict[str, Any]"
    simple = {"integer": "int", "number": "float", "string": "str", "boolean": "bool", "null": "None"}
    kind = schema.get("type")
    if kind in simple:
        return simple[kind]
    if kind == "array":
        if "prefixItems" in schema:
            return "List[Any]"
        return f"List[{py_type(schema.get('items', {}))}]"
    values = schema.get("additionalProperties")
    return f"Dict[str, {py_type(values)}]" if isinstance(values, dict) else "Dict[str, Any]"


def py_schema(name, schema):
    name = py_name(name)
    summary = first_sentence(schema.get("description", "")).replace("\\", "\\\\").replace('"""', "'''")
    if "properties" not in schema:
        return f"# {summary}\n{name} = {py_type(schema)}" if summary else f"{name} = {py_type(schema)}"
    required = schema.get("required", [])
    fields = {}
    for field, part in schema["properties"].items():
        kind = py_type(part)
        fields[field] = kind if field in required else f"NotRequired[{kind}]"
    if all(field.isidentifier() and not keyword.iskeyword(field) for field in fields):
        head = f"class {name}(TypedDict):\n"
        head += f'    """{summary}"""\n\n' if summary else ""
        return head + ("\n".join(f"    {field}: {kind}" for field, kind in fields.items()) or "    pass")
    body = "".join(f"    {field!r}: {kind},\n" for field, kind in fields.items())
    comment = f"# {summary}\n" if summary else ""
    return f'{comment}{name} = TypedDict("{name}", {{\n{body}}})'


def python(called, schemas):
    head = f'"""{GENERATED}"""\n\n'
    types = [py_schema(name, schema) for name, schema in schemas.items()]
    imports = "from typing import Any, Dict, List, Literal, NotRequired, TypedDict, Union\n\n"
    names = "\n".join(f'    "{one.name}",' for one in called)
    rows = []
    for one in called:
        query = tuple(parameter["name"] for parameter in one.in_query)
        needed = tuple(parameter["name"] for parameter in one.in_query if parameter.get("required"))
        rows.append(f'    "{one.name}": ({query!r}, {needed!r}),')
    table = (
        f"{head}from typing import Literal\n\n"
        "# Every operation, for programs that check types.\n"
        f"Operation = Literal[\n{names}\n]\n\n"
        "# The parameters of the query that each takes, and those that it needs.\n"
        "QUERIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {\n" + "\n".join(rows) + "\n}\n"
    )
    # A name may be used before its class: types are read lazily. `List`, since fields are named `list`.
    schemas_text = f"{head}from __future__ import annotations\n\n{imports}" + "\n\n\n".join(types) + "\n"
    return {
        "python/src/onsale_client/operations.py": table,
        "python/src/onsale_client/schemas.py": schemas_text,
    }


# ---- Java


def java_constant(name):
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return re.sub(r"_+", "_", re.sub(r"\W", "_", words)).strip("_").upper()


def java(called, _schemas):
    constants = []
    for one in called:
        query = "".join(f', "{parameter["name"]}"' for parameter in one.in_query)
        comment = f"    /** {java_comment(one.summary)} */\n" if one.summary else ""
        constants.append(f'{comment}    {java_constant(one.name)}("{one.method}", "{one.path}"{query})')
    names = [java_constant(one.name) for one in called]
    if len(set(names)) != len(names):
        sys.exit("two operations would have one name in Java")
    text = (HERE / "java/Operation.java.template").read_text(encoding="utf-8")
    text = text.replace("{{generated}}", GENERATED).replace("{{constants}}", ",\n".join(constants))
    return {"java/src/main/java/onsale/client/Operation.java": text}


def java_comment(text):
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", text)


def main(arguments):
    is_check = "--check" in arguments
    paths = [one for one in arguments if not one.startswith("--")]
    if len(paths) != 1:
        sys.exit(__doc__)
    document = json.loads(Path(paths[0]).read_text(encoding="utf-8"))
    called = operations(document)
    schemas = reached(document, called)
    stale = []
    for write in (typescript, python, java):
        for name, text in write(called, schemas).items():
            file = HERE / name
            if file.is_file() and file.read_text(encoding="utf-8") == text:
                continue
            stale.append(name)
            if not is_check:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
    print(f"{len(called)} operations, {len(schemas)} schemas; {'not as the document says' if is_check else 'written'}: {stale or 'none'}")
    return 1 if is_check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
