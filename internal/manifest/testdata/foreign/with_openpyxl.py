"""with_openpyxl.py LIST WORKBOOK [1904]: writes a list with openpyxl.

openpyxl cannot store a formula's value: where a list gives one, that value is written."""

import datetime
import sys

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904

import words


def value(kind, rest):
    match kind:
        case "text" | "error":
            return rest[0]
        case "rich":
            first, second = rest[0].split("|")
            return CellRichText(first, TextBlock(InlineFont(b=True), second))
        case "number":
            return float(rest[0]) if "." in rest[0] else int(rest[0])
        case "date":
            return datetime.datetime.fromisoformat(rest[0])
        case "clock":
            return datetime.time.fromisoformat(rest[0])
        case "truth":
            return rest[0] == "true"
        case "formula":
            return float(rest[2]) if rest[1] == "number" else rest[2]
        case "bare-formula":
            return "=" + rest[0]
        case "blank":
            return None
    raise ValueError(kind)


def write(path, out, flags):
    book = openpyxl.Workbook()
    book.remove(book.active)
    if "1904" in flags:
        book.epoch = CALENDAR_MAC_1904
    sheet = None
    for first, *rest in words.read(path):
        match first:
            case "sheet":
                sheet = book.create_sheet(rest[0])
                sheet.sheet_state = "hidden" if "hidden" in rest else "visible"
            case "hide-row":
                sheet.row_dimensions[int(rest[0])].hidden = True
            case "hide-column":
                sheet.column_dimensions[rest[0]].hidden = True
            case "merge":
                sheet.merge_cells(rest[0])
            case "filter":
                sheet.auto_filter.ref = rest[0]
                if rest[1:]:
                    sheet.auto_filter.add_filter_column(ord(rest[1]) - ord("A"), [rest[2]])
            case _:
                cell, kind = sheet[first], rest[0]
                cell.value = value(kind, rest[1:])
                if kind in ("number", "date", "clock", "blank"):
                    cell.number_format = rest[2]
    book.save(out)


write(sys.argv[1], sys.argv[2], sys.argv[3:])
