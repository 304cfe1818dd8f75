"""A difference between two versions as a sentence in Chinese and English."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from policies.condition import SIGNS
from policies.difference_words import DEFAULTS, EFFECTS, EN, FIELDS, GROUPS, ITEMS, WORDS, ZH
from policies.exact import UNITS, decimal_text, exact, percent
from policies.vocabulary import VOCABULARY


@dataclass(frozen=True)
class Place:
    """A place in two canonical documents and what stands there, None where nothing does."""

    path: tuple[str | int, ...]
    old: Any
    new: Any


def sentence(place: Place) -> tuple[str, str]:
    """Return what a place says in Chinese and in English: ``A2 第三档分界 50万元 → 60万元``."""
    texts = []
    for english in (False, True):
        owner, path = _owner(place.path, english)
        if owner and not path:
            texts.append(_whole(owner, place, english))
            continue
        name = _name(path, place.path, english)
        joined = f"{owner}{': ' if owner.endswith('s') else chr(39) + 's '}{name}" if owner and english else name
        joined = f"{owner} {name}".strip() if not english else joined
        texts.append(f"{joined} {_change(place, english)}")
    return texts[0], texts[1]


def _owner(path: tuple[str | int, ...], english: bool) -> tuple[str, tuple[str | int, ...]]:
    """Return who a place belongs to (an indicator, a rule, an input), and the rest of its path."""
    match path:
        case ("dimensions", _, "indicators", str(name), *rest) if name != "order" or rest:
            kind = "" if rest else f"{ITEMS['indicators'][english]} "
            return f"{kind}{name}", tuple(rest)
        case ("inputs", str(word), *rest) if rest:
            return _word(word, english), tuple(rest)
        case ("tiers", "bands", "cuts" | "intervals", str()):
            return "", path
        case (str(group), str(name), *rest) if group in ITEMS and (name != "order" or rest):
            return f"{ITEMS[group][english]} {name}", tuple(rest)
    return "", path


def _name(path: tuple[str | int, ...], full: tuple[str | int, ...], english: bool) -> str:
    match path:
        case ("ladder", ("cuts" | "points") as part, int(index)):
            if not english:
                return f"第{ZH[index] if index < 10 else index + 1}档{'分界' if part == 'cuts' else '得分'}"
            place = EN[index] if index < 10 else f"{index + 1}th"
            return f"{place} cut" if part == "cuts" else f"points of the {place} rung"
        case ("ladder", "intervals", interval):
            return f"points of {interval}" if english else f"区间 {interval} 得分"
        case ("tiers", "bands", "intervals", tier):
            return f"interval of {tier}" if english else f"{tier} 的分数段"
        case ("tiers", "conditions", tier):
            return f"minimum condition of {tier}" if english else f"{tier} 的最低条件"
        case ("hold", "exit", tier):
            return f"exit bound of {tier}" if english else f"{tier} 的退出界线"
        case ("tiers", "bands", "cuts", tier):
            return f"{tier} begins at" if english else f"{tier} 的起点"
        case ("tiers", "shares", tier):
            return f"cumulative share of {tier}" if english else f"{tier} 的累计比例"
        case ("population", "applies_to", str(word)):
            return f"population by {_word(word, english)}" if english else f"适用范围的{_word(word, english)}"
        case ("inputs", str(word)):
            return f"{FIELDS['inputs'][english]}: {_word(word, english)}"
        case ("indicators", "order"):
            of = full[1] if len(full) > 1 else ""
            return f"order of indicators in {of}" if english else f"{of} 内的指标顺序"
    text = ".".join(map(str, path))
    return FIELDS[text][english] if text in FIELDS else text


def _whole(owner: str, place: Place, english: bool) -> str:
    """Return that a part is added, removed or, where it is told as a whole, changed."""
    if place.old is not None and place.new is not None:
        return f"{owner} {_change(place, english)}"
    item = place.new if place.old is None else place.old
    verb = ("added" if place.old is None else "removed") if english else ("新增" if place.old is None else "删除")
    told = _described(item, english)
    brackets = (f" ({told})" if english else f"({told})") if told else ""
    return f"{owner} {verb}{brackets}" if english else f"{verb}{owner}{brackets}"


def _described(item: Any, english: bool) -> str:
    """Return the title, the input and the weight, the condition and the tier of an added or removed part."""
    if not isinstance(item, dict):
        return _value(item, (), english)
    told = [item["title"]["en" if english else "zh"]] if isinstance(item.get("title"), dict) else []
    if isinstance(item.get("input"), str):
        told.append(_word(item["input"], english))
    if "weight" in item:
        told.append(f"{FIELDS['weight'][english]} {percent(exact(item['weight']))}")
    if item.get("indicators"):
        told.append(", ".join(part["id"] for part in item["indicators"]))
    if "when" in item:
        told.append(f"{condition_text(item['when'], english)}{' → ' + item['then'] if 'then' in item else ''}")
    if "effect" in item:
        told.append(_value(item["effect"], (), english))
    if "clause" in item:
        told.append(str(item["clause"]))
    return ("; " if english else ";").join(told)


def _change(place: Place, english: bool) -> str:
    if place.path == ("cases",):
        return _cases(place, english)
    old, new = (_value(value, place.path, english) for value in (place.old, place.new))
    same = _stored(place.old) is not None and _stored(place.old) == _stored(place.new)
    unit = " " + new.rpartition(" ")[2] if " " in new and _stored(place.new) is not None else ""
    if english:
        old = old.removesuffix(unit) if unit else old
        return f"{old} → {new}{' (the same value)' if same else ''}"
    if unit:
        old, new = old.replace(" ", ""), new.replace(" ", "")
    return f"{old} → {new}{'(数值不变)' if same else ''}"


def _cases(place: Place, english: bool) -> str:
    old, new = ({case["name"]: case for case in cases or ()} for cases in (place.old, place.new))
    parts = {
        ("新增", "added"): [name for name in new if name not in old],
        ("删除", "removed"): [name for name in old if name not in new],
        ("修改", "changed"): [name for name in new if name in old and old[name] != new[name]],
    }
    told = [f"{verb[english]} {'; '.join(names)}" for verb, names in parts.items() if names]
    return " / ".join(told) or ("in another order" if english else "顺序改变")


def _stored(value: Any) -> int | None:
    """Return how many stored integers a text such as ``50 万元`` is, None for anything else."""
    number, _, unit = value.partition(" ") if isinstance(value, str) else ("", "", "")
    size = next((units[unit] for units in UNITS.values() if unit and unit in units), None)
    try:
        found = exact(number) * size if size is not None else None
    except ValueError:
        return None
    return int(found) if found is not None and found.denominator == 1 else None


def _value(value: Any, path: tuple[str | int, ...], english: bool) -> str:
    last = next((part for part in reversed(path) if isinstance(part, str)), "")
    if value is None:
        value = DEFAULTS.get(last)
    if value is None:
        return "none" if english else "无"
    if is_condition(value):
        return condition_text(value, english)
    if last == "title" and isinstance(value, dict):
        return f"{value.get('zh')} / {value.get('en')}"
    if last == "input" and isinstance(value, str):
        return _word(value, english)
    if isinstance(value, dict) and set(value) == {"points"}:
        return f"{_number(value['points'])} points" if english else f"计{_number(value['points'])}分"
    if isinstance(value, dict) and set(value) == {"reweight"}:
        least = percent(exact(value["reweight"]["minimum_coverage"]))
        return f"shared out from {least} known" if english else f"已知 {least} 起分摊"
    if isinstance(value, dict) and len(value) == 1 and (effect := next(iter(value))) in EFFECTS:
        return f"{EFFECTS[effect][english]} {value[effect]}"
    if not isinstance(value, str):
        return _text(value)
    if last == "weight" or path[:2] == ("tiers", "shares"):
        return percent(exact(value))
    return WORDS[value][english] if value in WORDS else _number(value)


def is_condition(value: Any) -> bool:
    """Say whether a value of a canonical document is a condition."""
    return isinstance(value, dict) and (len(set(value) & GROUPS) == len(value) == 1 or _comparison(value) is not None)


def _comparison(condition: dict[str, Any]) -> str | None:
    signs = (*SIGNS, "is")
    return next((sign for sign in signs if set(condition) in ({"input", sign}, {"dimension", sign})), None)


def condition_text(condition: Any, english: bool) -> str:
    """Return a condition of a canonical document as a reader writes it; what it does not know as it is."""
    if not is_condition(condition):
        return _text(condition)
    for key, joint in (("all", (" 且 ", " and ")), ("any", (" 或 ", " or "))):
        if key in condition:
            return joint[english].join(_bracketed(part, english) for part in condition[key])
    if "not" in condition:
        return (
            f"not ({condition_text(condition['not'], english)})"
            if english
            else f"非({condition_text(condition['not'], english)})"
        )
    if "at_least" in condition:
        k, of = condition["at_least"]["k"], condition["at_least"]["of"]
        parts = ("; " if english else ";").join(condition_text(part, english) for part in of)
        return f"at least {k} of ({parts})" if english else f"至少 {k} 项({parts})"
    sign = _comparison(condition)
    if sign == "is":
        return f"{_word(condition['input'], english)} {'is not applicable' if english else '不适用'}"
    values = condition[sign]
    text = ", ".join(values) if isinstance(values, list) else str(values)
    text = text if english else text.replace(" ", "")
    if "dimension" in condition:
        return f"{'score of' if english else '维度得分'} {condition['dimension']} {SIGNS[str(sign)]} {_number(text)}"
    return f"{_word(condition['input'], english)} {SIGNS[str(sign)]} {text}"


def _bracketed(condition: Any, english: bool) -> str:
    text = condition_text(condition, english)
    return f"({text})" if set(condition) & {"all", "any"} else text


def _text(value: Any) -> str:
    """Return any value of a canonical document without the marks of JSON."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        nested = any(isinstance(item, dict | list) for item in value)
        return ("; " if nested else ", ").join(_text(item) for item in value)
    return _number(value) if isinstance(value, str) else json.dumps(value)


def _word(name: str, english: bool) -> str:
    word = VOCABULARY.get(name)
    return name if word is None else word.en if english else word.zh


def _number(text: str) -> str:
    try:
        return decimal_text(exact(text)) if not text.endswith("%") else text
    except ValueError:
        return text
