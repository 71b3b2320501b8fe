"""The documents in docs/interfaces, and what can be said of them without a running service."""

import json
import posixpath
import re
import warnings
from pathlib import Path
from typing import Any, Iterator

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from report import Report

with warnings.catch_warnings():
    # Its models have fields that are called as those of its framework; pydantic remarks on it at each import.
    warnings.simplefilter("ignore")
    from asyncapi3.models.asyncapi import AsyncAPI3

class CoreLoader(yaml.SafeLoader):
    """Reads YAML by the core schema of YAML 1.2, as JSON data: `on` is a text, and so is a time."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(keys) != len(set(map(str, keys))):
            raise yaml.constructor.ConstructorError(None, None, "a key is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


for tag, pattern, first in [
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
]:
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
# YAML 1.1 takes 007 for an octal number.
CoreLoader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))
CoreLoader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))


def read_yaml(text: str) -> Any:
    return yaml.load(text, Loader=CoreLoader)


class Documents:
    """All documents of the folder, and what they say of a value.

    A place in them is written as in a reference, such as `schemas/event.json#/$defs/members`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.openapi: dict[str, Any] = read_yaml((folder / "openapi.yaml").read_text())
        self.asyncapi: dict[str, Any] = read_yaml((folder / "asyncapi.yaml").read_text())
        self.schemas = {file.name: json.loads(file.read_text()) for file in sorted((folder / "schemas").glob("*.json"))}
        self._contents = {"openapi.yaml": self.openapi, "asyncapi.yaml": self.asyncapi}
        self._contents |= {f"schemas/{name}": schema for name, schema in self.schemas.items()}
        self._validators: dict[str, Draft202012Validator] = {}

    def _look_up(self, place: str) -> Any:
        """What stands at a place."""
        file, _, pointer = place.partition("#")
        content = self._contents[file]
        for part in pointer.split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            content = content[int(part) if isinstance(content, list) else part]
        return content

    def follow(self, reference: str, place: str) -> str:
        """Where a reference leads that stands at a place."""
        file, _, pointer = reference.partition("#")
        here = place.partition("#")[0]
        return f"{posixpath.normpath(posixpath.join(posixpath.dirname(here), file)) if file else here}#{pointer}"

    def resolved(self, place: str) -> Any:
        """What stands at a place, with references followed."""
        content = self._look_up(place)
        while "$ref" in content:
            place = self.follow(content["$ref"], place)
            content = self._look_up(place)
        return content

    def _inlined(self, schema: Any, place: str) -> Any:
        """A schema with what it refers to in it: a value is compared with it many times, and then this is quicker."""
        if isinstance(schema, list):
            return [self._inlined(element, place) for element in schema]
        if not isinstance(schema, dict):
            return schema
        inlined = {key: self._inlined(value, place) for key, value in schema.items() if key != "$ref"}
        if "$ref" in schema:
            target = self.follow(schema["$ref"], place)
            inlined["allOf"] = [*inlined.get("allOf", []), self._inlined(self._look_up(target), target)]
        return inlined

    def _validator(self, place: str) -> Draft202012Validator:
        if place not in self._validators:
            self._validators[place] = Draft202012Validator(self._inlined(self._look_up(place), place))
        return self._validators[place]

    def accepts(self, place: str, value: Any) -> bool:
        """Whether a value is what the schema at a place demands."""
        return self._validator(place).is_valid(value)

    def faults_of(self, place: str, value: Any) -> list[str]:
        """What is wrong with a value by the schema at a place, and which members the schema does not tell of."""
        validator = self._validator(place)
        faults = [
            f"/{'/'.join(map(str, error.absolute_path))} {error.message[:200]}"
            for error in validator.iter_errors(value)
        ]
        return faults + [f"{path} is not documented" for path in _undocumented([validator.schema], value, "")]

    def unresolved(self) -> list[str]:
        """The references that lead nowhere."""
        faults = []
        for name, content in self._contents.items():
            for reference in _references(content):
                try:
                    self._look_up(self.follow(reference, name))
                except (LookupError, TypeError, ValueError):
                    faults.append(f"{name}: {reference}")
        return faults


def _undocumented(schemas: list[Any], value: Any, path: str) -> Iterator[str]:
    """The members of a value that none of its schemas, without references, names."""
    flat = [part for schema in schemas for part in _of_same_value(schema)]
    if isinstance(value, dict):
        # What no schema speaks of the members of may have any.
        if not any("properties" in part or "additionalProperties" in part for part in flat):
            return
        for name, member in value.items():
            found = [schema for part in flat for schema in _for_member(part, name)]
            if found:
                yield from _undocumented(found, member, f"{path}/{name}")
            else:
                yield f"{path}/{name}"
    elif isinstance(value, list):
        items = [part["items"] for part in flat if "items" in part]
        for index, element in enumerate(value):
            yield from _undocumented(items, element, f"{path}/{index}")


def _for_member(schema: dict[str, Any], name: str) -> Iterator[Any]:
    if name in schema.get("properties", {}):
        yield schema["properties"][name]
    elif schema.get("additionalProperties", False) is not False:
        yield schema["additionalProperties"]


def _of_same_value(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema with all those in it that speak of the same value."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(key, []):
            yield from _of_same_value(part)
    for key in ("if", "then", "else"):
        yield from _of_same_value(schema.get(key))
    for part in schema.get("dependentSchemas", {}).values():
        yield from _of_same_value(part)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from _references(member)
    elif isinstance(value, list):
        for element in value:
            yield from _references(element)


def place(*parts: str) -> str:
    """A JSON pointer."""
    return "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)


def check(documents: Documents, report: Report) -> None:
    """The documents by themselves: what the specifications demand of them, and whether they agree."""
    report.none(documents.unresolved(), "references")
    uri = (documents.folder / "openapi.yaml").resolve().as_uri()
    validator = OpenAPIV31SpecValidator(documents.openapi, base_uri=uri)
    report.none([error.message for error in validator.iter_errors()], "openapi.yaml, by the schema of OpenAPI 3.1")
    for name, schema in documents.schemas.items():
        meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
        report.none([error.message for error in meta.iter_errors(schema)], f"{name}, by the schema of JSON Schema")
        for index, example in enumerate(schema.get("examples", [])):
            report.none(documents.faults_of(f"schemas/{name}", example), f"{name}, example {index}")
    _check_asyncapi(documents, report)
    _check_openapi_examples(documents, report)


def _check_asyncapi(documents: Documents, report: Report) -> None:
    # AsyncAPI's own JSON schema is in no package of Python's. These models follow the specification, and refuse what it
    # does not name.
    try:
        AsyncAPI3.model_validate(documents.asyncapi)
        faults = []
    except ValueError as error:
        faults = [str(error)]
    report.none(faults, "asyncapi.yaml, by the models of AsyncAPI 3.0")
    channels = documents.asyncapi["channels"]
    addresses = {channel["address"] for channel in channels.values()}
    for name, channel in channels.items():
        binding = channel["bindings"]["amqp"]
        parameters = set(re.findall(r"\{(\w+)\}", channel["address"]))
        report.check(parameters == set(channel.get("parameters", {})), f"the parameters of the channel {name}")
        if binding["is"] == "queue":
            report.check(binding["queue"]["name"] == channel["address"], f"the queue's name of the channel {name}")
            report.check("x-queue-type" in channel["x-arguments"], f"the arguments of the channel {name}")
        else:
            report.check(set(channel["x-queues"]) <= addresses, f"the queues of the channel {name}")
    used = set()
    for name, operation in documents.asyncapi["operations"].items():
        for part in [operation] + ([operation["reply"]] if "reply" in operation else []):
            channel = part["channel"]["$ref"]
            for message in part["messages"]:
                used.add(message["$ref"])
                report.check(message["$ref"].startswith(f"{channel}/messages/"), f"a message of the operation {name}")
    offered = {f"#/channels/{name}/messages/{key}" for name in channels for key in channels[name]["messages"]}
    report.check(used == offered, f"messages that no operation sends or takes: {sorted(offered - used)}")
    for key, message in documents.asyncapi["components"]["messages"].items():
        kind = message["x-amqp-properties"]["properties"].get("type", {}).get("const")
        bound = message.get("bindings", {}).get("amqp", {}).get("messageType")
        report.check(key == message["name"] and kind == bound, f"the name and the type of the message {key}")


def _check_openapi_examples(documents: Documents, report: Report) -> None:
    for name in documents.openapi["components"]["parameters"]:
        parameter = documents.openapi["components"]["parameters"][name]
        if "example" in parameter:
            schema = "openapi.yaml#/" + place("components", "parameters", name, "schema")
            report.none(documents.faults_of(schema, parameter["example"]), f"the example of the parameter {name}")
    for path, item in documents.openapi["paths"].items():
        for type, media in item.get("post", {}).get("requestBody", {}).get("content", {}).items():
            schema = "openapi.yaml#/" + place("paths", path, "post", "requestBody", "content", type, "schema")
            examples = [each["value"] for each in media.get("examples", {}).values()]
            examples += [media["example"]] if "example" in media else []
            for example in examples:
                report.check(documents.accepts(schema, example), f"an example of {path}: {example}")
