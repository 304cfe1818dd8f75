"""Cut the shipped Chinese font out of Noto Sans CJK: GB 2312 level 1, Latin, punctuation, under a name of its own.

Run by hand, see README.md in this folder; the result is committed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FAMILY = "Fenji Sans SC"  # a changed font must not carry the original's name: OFL 1.1, clause 3
TARGET = Path(__file__).parent / "FenjiSansSC-Regular.otf"
NUMBER_IN_COLLECTION = 2  # NotoSansCJK-Regular.ttc holds JP, KR, SC, TC, HK
EPOCH = 3_786_912_000  # 2024-01-01 in seconds since 1904: the same input gives the same bytes


def characters() -> set[int]:
    """Return the code points kept: Latin-1, punctuation, arrows, and GB 2312 rows 1 to 9 and 16 to 55 (level 1)."""
    kept = {*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2040), *range(0x2190, 0x219A)}
    kept |= {*range(0x2460, 0x2474), *range(0x3000, 0x3020), *range(0xFF01, 0xFF5F)}
    kept |= {ord(character) for character in "≤≥≠≈−×÷±√∑∞■□▲△▼▽●○◆◇★☆✓✗¥¥€‰℃"}
    for row in (*range(1, 10), *range(16, 56)):
        for cell in range(1, 95):
            text = bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312", errors="ignore")
            kept.update(map(ord, text))
    return kept


def build(source: Path) -> None:
    """Write the subset of ``source`` (NotoSansCJK-Regular.ttc, OFL 1.1) to TARGET."""
    font = TTFont(source, fontNumber=NUMBER_IN_COLLECTION, recalcTimestamp=False)
    options = subset.Options(
        layout_features=["kern"], hinting=False, desubroutinize=False, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        name_languages=[0x409], notdef_outline=True, glyph_names=False, drop_tables=["vhea", "vmtx", "VORG", "BASE"],
    )  # fmt: skip
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters())
    cutter.subset(font)
    postscript = FAMILY.replace(" ", "") + "-Regular"
    names = {1: FAMILY, 2: "Regular", 3: f"1.0;{postscript}", 4: f"{FAMILY} Regular", 6: postscript}
    for number, value in names.items():
        font["name"].setName(value, number, 3, 1, 0x409)
    top = font["CFF "].cff
    top.fontNames[0] = postscript
    top[0].FamilyName, top[0].FullName = FAMILY, f"{FAMILY} Regular"
    font["head"].created = font["head"].modified = EPOCH
    font.save(TARGET)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
