"""What pydantic has against a value of a guide's file, in words there are translations for."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import ErrorDetails

from kb_assist.errors import N_, Phrase

# By the beginning of pydantic's own name of the fault.
_SAID: Mapping[str, Phrase] = {
    "missing": N_("it is missing"),
    "extra_forbidden": N_("it is unknown"),
    "int_": N_("it is not a whole number"),
    "float_": N_("it is not a number"),
    "bool_": N_("it is neither true nor false"),
    "date_": N_("it is not a date such as 2026-01-31"),
    "string_too_short": N_("it is empty"),
    "string_type": N_("it is not a single text"),
    "tuple_": N_("it is not a list"),
    "dict_": N_("it is not a list of 'key: value' lines"),
    "model_": N_("it is not a list of 'key: value' lines"),
}


def wrong_value(fault: ErrorDetails) -> str:
    """Part of a sentence that names the key; what is not known here is said in English."""
    limits = fault.get("ctx", {})
    match fault["type"]:
        case "greater_than_equal":
            return N_("it is less than %(least)s", least=limits["ge"])
        case "less_than_equal":
            return N_("it is more than %(most)s", most=limits["le"])
        case "literal_error" | "enum":
            return N_("it is not one of %(choices)s", choices=limits["expected"])
        case "string_pattern_mismatch":
            return N_("it does not match %(wanted)s", wanted=limits["pattern"])
    for begins, said in _SAID.items():
        if fault["type"].startswith(begins):
            return said
    return fault["msg"][0].lower() + fault["msg"][1:]
