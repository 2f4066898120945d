"""Messages as JSON Schema, in the form that protobuf's JSON has, with the contract's comments and rules."""

from collections.abc import Iterator
from typing import Any

from buf.validate import validate_pb2
from google.protobuf import descriptor_pb2

Json = dict[str, Any]
Field = descriptor_pb2.FieldDescriptorProto
Message = descriptor_pb2.DescriptorProto
Enum = descriptor_pb2.EnumDescriptorProto

_INT64 = {"type": "string", "format": "int64"}
_INT32 = {"type": "integer", "format": "int32"}
_SCALARS: dict[int, Json] = {
    Field.TYPE_DOUBLE: {"type": "number"},
    Field.TYPE_FLOAT: {"type": "number"},
    Field.TYPE_BOOL: {"type": "boolean"},
    Field.TYPE_STRING: {"type": "string"},
    Field.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    **dict.fromkeys((Field.TYPE_INT32, Field.TYPE_SINT32, Field.TYPE_SFIXED32), _INT32),
    **dict.fromkeys((Field.TYPE_UINT32, Field.TYPE_FIXED32), _INT32 | {"minimum": 0}),
    **dict.fromkeys((Field.TYPE_INT64, Field.TYPE_SINT64, Field.TYPE_SFIXED64), _INT64),
    **dict.fromkeys((Field.TYPE_UINT64, Field.TYPE_FIXED64), _INT64),
}
# Types whose JSON has a form of its own (https://protobuf.dev/programming-guides/json/).
_WELL_KNOWN: dict[str, Json] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?\d+(\.\d+)?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.Empty": {"type": "object"},
    "google.protobuf.Any": {"type": "object", "properties": {"@type": {"type": "string"}}, "required": ["@type"]},
}
_BOUNDS = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
# Rules of protovalidate and the keywords that say the same.
_RULES = {
    "string": {
        "min_len": "minLength",
        "max_len": "maxLength",
        # A character has at least one byte, so this keyword never refuses what the rule lets pass.
        "max_bytes": "maxLength",
        "pattern": "pattern",
    },
    "repeated": {"min_items": "minItems", "max_items": "maxItems", "unique": "uniqueItems"},
    **dict.fromkeys(("int32", "uint32", "float", "double"), _BOUNDS),
}
_FORMATS = {"uuid": "uuid", "email": "email", "uri": "uri"}


class Schemas:
    """The component schemas of an OpenAPI document; a message is added when it is first referred to."""

    def __init__(self, descriptors: descriptor_pb2.FileDescriptorSet) -> None:
        self.components: dict[str, Json] = {}
        self._messages: dict[str, Message] = {}
        self._enums: dict[str, Enum] = {}
        self._comments: dict[str, str] = {}
        for file in descriptors.file:
            self._index(file)

    def message(self, full_name: str) -> Message:
        """A message's descriptor."""
        return self._messages[full_name]

    def comment(self, full_name: str) -> str:
        """What the contract says of a message, field, enum, value, service or method."""
        return self._comments.get(full_name, "")

    def reference(self, full_name: str) -> Json:
        """A schema that stands for a message, which is added to the components."""
        if full_name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[full_name])
        if full_name not in self.components:
            # Reserved first, for a message may hold itself.
            self.components[full_name] = {}
            self.components[full_name] = self._object(full_name, without=())
        return {"$ref": f"#/components/schemas/{full_name}"}

    def body(self, full_name: str, without: tuple[str, ...]) -> Json:
        """A schema for a message that comes without the fields that the path sets."""
        if not without:
            return self.reference(full_name)
        name = f"{full_name}.Body"
        self.components[name] = self._object(full_name, without)
        return {"$ref": f"#/components/schemas/{name}"}

    def field(self, owner: str, field: Field) -> Json:
        """The schema of a field, with its comment and rules."""
        entry = self._messages.get(field.type_name.lstrip("."))
        rules = field.options.Extensions[_extension(validate_pb2.field)]
        if entry is not None and entry.options.map_entry:
            schema: Json = {"type": "object", "additionalProperties": self._value(entry.field[1])}
        elif field.label == Field.LABEL_REPEATED:
            items = self._value(field) | _keywords(rules.repeated.items)
            schema = {"type": "array", "items": items} | _keywords(rules)
        else:
            schema = self._value(field) | _keywords(rules)
        described = self.comment(f"{owner}.{field.name}")
        return schema | ({"description": described} if described else {})

    def _value(self, field: Field) -> Json:
        name = field.type_name.lstrip(".")
        if field.type == Field.TYPE_MESSAGE:
            return self.reference(name)
        if field.type == Field.TYPE_ENUM:
            if name not in self.components:
                self.components[name] = self._enum(name)
            return {"$ref": f"#/components/schemas/{name}"}
        return dict(_SCALARS[field.type])

    def _object(self, full_name: str, without: tuple[str, ...]) -> Json:
        message = self._messages[full_name]
        fields = [field for field in message.field if field.name not in without]
        schema: Json = {
            "type": "object",
            "properties": {field.json_name: self.field(full_name, field) for field in fields},
        }
        required = [field.json_name for field in fields if _is_required(field)]
        if required:
            schema["required"] = required
        choices = list(_choices(message, without))
        if choices:
            schema["allOf"] = choices
        described = self.comment(full_name)
        return schema | ({"description": described} if described else {})

    def _enum(self, full_name: str) -> Json:
        values = self._enums[full_name].value
        scope = full_name.rpartition(".")[0]
        lines = [f"- `{value.name}`: {self.comment(f'{scope}.{value.name}')}" for value in values]
        described = "\n".join([self.comment(full_name), "", *lines]).strip()
        return {"type": "string", "enum": [value.name for value in values], "description": described}

    def _index(self, file: descriptor_pb2.FileDescriptorProto) -> None:
        texts = {tuple(at.path): _text(at.leading_comments) for at in file.source_code_info.location}
        for position, message in enumerate(file.message_type):
            self._index_message(file.package, message, (4, position), texts)
        for position, enum in enumerate(file.enum_type):
            self._index_enum(file.package, enum, (5, position), texts)
        for position, service in enumerate(file.service):
            name = f"{file.package}.{service.name}"
            self._comments[name] = texts.get((6, position), "")
            for at, method in enumerate(service.method):
                self._comments[f"{name}.{method.name}"] = texts.get((6, position, 2, at), "")

    def _index_message(self, scope: str, message: Message, path: tuple[int, ...], texts: dict[Any, str]) -> None:
        name = f"{scope}.{message.name}"
        self._messages[name] = message
        self._comments[name] = texts.get(path, "")
        for at, field in enumerate(message.field):
            self._comments[f"{name}.{field.name}"] = texts.get((*path, 2, at), "")
        for at, nested in enumerate(message.nested_type):
            self._index_message(name, nested, (*path, 3, at), texts)
        for at, enum in enumerate(message.enum_type):
            self._index_enum(name, enum, (*path, 4, at), texts)

    def _index_enum(self, scope: str, enum: Enum, path: tuple[int, ...], texts: dict[Any, str]) -> None:
        self._enums[f"{scope}.{enum.name}"] = enum
        self._comments[f"{scope}.{enum.name}"] = texts.get(path, "")
        for at, value in enumerate(enum.value):
            self._comments[f"{scope}.{value.name}"] = texts.get((*path, 2, at), "")


def _text(comment: str) -> str:
    return "\n".join(line.strip() for line in comment.strip().splitlines())


def _extension(extension: Any) -> Any:
    return extension


def _keywords(rules: validate_pb2.FieldRules) -> Json:
    """The keywords that say what a field's rules say; what JSON Schema cannot say is left to the service."""
    kind = rules.WhichOneof("type")
    if kind is None:
        return {}
    own = getattr(rules, kind)
    set_rules = {each.name: value for each, value in own.ListFields()}
    keywords = {word: set_rules[rule] for rule, word in _RULES.get(kind, {}).items() if rule in set_rules}
    form = next((form for rule, form in _FORMATS.items() if kind == "string" and set_rules.get(rule)), None)
    return keywords | ({"format": form} if form else {})


def _is_required(field: Field) -> bool:
    rules = field.options.Extensions[_extension(validate_pb2.field)]
    needs_text = rules.string.min_len > 0 and rules.ignore != validate_pb2.IGNORE_IF_ZERO_VALUE
    return bool(rules.required or (needs_text and not field.HasField("oneof_index")))


def _choices(message: Message, without: tuple[str, ...]) -> Iterator[Json]:
    """For each oneof, that at most one of its fields is there; exactly one where it is required."""
    for index, choice in enumerate(message.oneof_decl):
        names = [
            field.json_name
            for field in message.field
            if field.HasField("oneof_index")
            and field.oneof_index == index
            and not field.proto3_optional
            and field.name not in without
        ]
        if not names:
            continue
        branches: list[Json] = [{"required": [name]} for name in names]
        if not choice.options.Extensions[_extension(validate_pb2.oneof)].required:
            branches.append({"not": {"anyOf": list(branches)}})
        yield {"oneOf": branches}
