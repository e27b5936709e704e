"""One scalar, both ways: what kubectl reads a plain one as, and how to write a value so that everybody reads the same.

kubectl reads YAML 1.1 through go.yaml.in/yaml/v2 with rules of its own. `read_plain` follows its resolve.go; the
word lists and number forms were compared with kubectl on random tokens.
"""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
# Words that are no text.
NO_TEXT = _TRUE | _FALSE | _NULL
_INF = frozenset({sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")})
_NAN = frozenset({".nan", ".NaN", ".NAN"})
# Patterns that few runs need stay text until then: compiling one costs up to 1 % of the whole start.
_DOT_FLOAT = r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?"
_FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
_INT = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]([0-7]+)|0[bB]([01]+)|(?<![-+])0b([-+][01]+)|(0[0-7]*)|([1-9][0-9]{0,19}))"
)

# A word that no reader takes for anything else: kubectl, YAML 1.1 and YAML 1.2 alike.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*[A-Za-z0-9]")
_NOT_PLAIN = frozenset({"yes", "true", "on", "no", "false", "off", "null"})
_ESCAPED = '["\\\\\x00-\x1f\x7f-\xa0\xad\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]'
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def read_plain(text: str) -> Scalar:
    """What kubectl reads an unquoted scalar as.

    Args:
        text: the scalar as the YAML parser gives it, without tag or quotes.

    Returns:
        A string, int, float, bool or None. Infinities come back as floats; kubectl refuses them later.
    """
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text[0] not in "+-.0123456789":
        return text
    return _number(text)


def _number(text: str) -> Scalar:
    if text in _INF or text in _NAN:
        return float(text.replace(".", "", 1))
    if text[0] == ".":
        return _finite(text) if re.fullmatch(_DOT_FLOAT, text) else text
    digits = text.replace("_", "")
    match = _INT.fullmatch(digits)
    if match:
        sign, *forms = match.groups()
        number = next(int(form, base) for form, base in zip(forms, (16, 8, 2, 2, 8, 10), strict=True) if form)
        number = -number if sign == "-" else number
        # what does not fit is no integer for Go: plain digits become a float, 0x and the like stay a string
        if -(1 << 63) <= number < (1 << 63 if sign else 1 << 64):
            return number
    return _finite(text) if re.fullmatch(_FLOAT, digits) else text


def _finite(text: str) -> Scalar:
    # strconv.ParseFloat fails on overflow, and the text then stays a string
    number = float(text.replace("_", ""))
    return text if number in (float("inf"), float("-inf")) else number


def write(value: object) -> str:
    """YAML text for one value, the same for kubectl, for YAML 1.1 and for YAML 1.2.

    Args:
        value: a string (any characters but lone surrogates), an int, a bool or a finite float.

    Returns:
        The value on one line: a plain word only where nobody can misread it, else in double quotes.

    Raises:
        TypeError: for anything else, None included: a missing value must not become the text `None`.
        ValueError: for a string that cannot be written as UTF-8.
    """
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _NOT_PLAIN:
            return str(value)
        if value.isprintable() and '"' not in value and "\\" not in value:
            return f'"{value}"'
        return '"' + re.sub(_ESCAPED, _escape, value) + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and abs(value) < float("inf"):  # not NaN either
        return str(value)
    raise TypeError(f"{value!r} cannot be written as one YAML value")


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError("the text holds bytes that are not UTF-8")
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
