"""with_fods.py LIST DOCUMENT.fods [1904]: writes a list as flat OpenDocument, which
LibreOffice then reads, calculates and saves as whatever is asked for."""

import re
import sys
from xml.sax.saxutils import escape, quoteattr

import words

# Number formats of the lists as OpenDocument spells them (part 3, 16.29).
DAY = '<number:day number:style="long"/>'
MONTH = '<number:month number:style="long"/>'
YEAR = '<number:year number:style="long"/>'
CLOCK = '<number:hours number:style="long"/><number:text>:</number:text><number:minutes number:style="long"/>'
EUROPEAN = f"{DAY}<number:text>.</number:text>{MONTH}<number:text>.</number:text>{YEAR}"
PAIRS = "".join(f'<number:embedded-text number:position="{at}"> </number:embedded-text>' for at in (6, 4, 2))
FORMATS = {
    "dd.mm.yyyy": ("date", EUROPEAN),
    "dd.mm.yyyy hh:mm": ("date", f"{EUROPEAN}<number:text> </number:text>{CLOCK}"),
    "yyyy-mm-dd": ("date", f"{YEAR}<number:text>-</number:text>{MONTH}<number:text>-</number:text>{DAY}"),
    "hh:mm": ("time", CLOCK),
    "0%": ("percentage", '<number:number number:decimal-places="0" number:min-integer-digits="1"/><number:text>%</number:text>'),
    "0.0%": ("percentage", '<number:number number:decimal-places="1" number:min-decimal-places="1" number:min-integer-digits="1"/><number:text>%</number:text>'),
    '#,##0.00 "kr"': ("number", '<number:number number:decimal-places="2" number:min-decimal-places="2" number:min-integer-digits="1" number:grouping="true"/><number:text> kr</number:text>'),
    "0000": ("number", '<number:number number:decimal-places="0" number:min-integer-digits="4"/>'),
    "00000000000": ("number", '<number:number number:decimal-places="0" number:min-integer-digits="11"/>'),
    "## ## ## ##": ("number", f'<number:number number:decimal-places="0" number:min-integer-digits="0">{PAIRS}</number:number>'),
    "General": ("number", '<number:number number:min-integer-digits="1"/>'),
}
NAMES = {code: f"N{i}" for i, code in enumerate(FORMATS)}
NAMESPACES = " ".join(f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{u}:1.0"' for p, u in (
    ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("number", "datastyle"), ("fo", "xsl-fo-compatible")))
NAMESPACES += ' xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"'


def position(at):
    """The row and column of "B2", from 1 and from 0."""
    return int(at[1:]), ord(at[0]) - ord("A")


def corners(area):
    first, _, last = area.partition(":")
    return position(first), position(last)


class Sheet:
    def __init__(self, name, *state):
        self.name, self.style = name, "hidden" if state else "shown"
        self.cells, self.texts = {}, {}
        self.rows, self.columns, self.merged, self.filter = set(), set(), {}, None

    def put(self, at, kind, value, *rest):
        self.texts[position(at)] = value
        self.cells[position(at)] = CELLS[kind](value, *rest)

    def merge(self, area):
        (top, left), (bottom, right) = corners(area)
        self.merged[top, left] = f' table:number-rows-spanned="{bottom - top + 1}" table:number-columns-spanned="{right - left + 1}"'

    def hiding(self, row):
        """A row is hidden by the filter where its cell is not what the filter wants."""
        if row not in self.rows:
            return ""
        by_filter = self.filter and self.filter[1:] and self.texts[row, ord(self.filter[1]) - ord("A")] != self.filter[2]
        return ' table:visibility="filter"' if by_filter else ' table:visibility="collapse"'

    def xml(self):
        last, wide = max(r for r, _ in self.cells), max(c for _, c in self.cells)
        yield f'<table:table table:name="{self.name}" table:style-name="{self.style}">'
        for c in range(wide + 1):
            yield f'<table:table-column{COLLAPSED if c in self.columns else ""}/>'
        for r in range(1, last + 1):
            yield f"<table:table-row{self.hiding(r)}>"
            for c in range(wide + 1):
                attributes, body = self.cells.get((r, c), ("", ""))
                yield f"<table:table-cell{attributes}{self.merged.get((r, c), '')}>{body}</table:table-cell>"
            yield "</table:table-row>"
        yield "</table:table>"

    def filter_xml(self):
        if self.filter:
            area = ":".join(f"{self.name}.{at}" for at in self.filter[0].split(":"))
            yield f'<table:database-range table:name="__Anonymous_Sheet_DB__0" table:target-range-address="{area}" table:display-filter-buttons="true">'
            if self.filter[1:]:
                column, wanted = ord(self.filter[1]) - ord("A"), self.filter[2]
                yield f'<table:filter><table:filter-condition table:field-number="{column}" table:value="{wanted}" table:operator="="/></table:filter>'
            yield "</table:database-range>"


COLLAPSED = ' table:visibility="collapse"'


def paragraphs(value):
    """Text with its line breaks, tabs and blanks as OpenDocument writes them."""
    return "".join(f"<text:p>{blanks(escape(line))}</text:p>" for line in re.split("\r?\n", value))


def blanks(line):
    line = re.sub("^ +| +$|(?<= ) +", lambda m: f'<text:s text:c="{len(m[0])}"/>', line)
    return line.replace("\t", "<text:tab/>")


def typed(kind, attribute, value, code):
    return f' office:value-type="{kind}" office:{attribute}="{value}" table:style-name="{NAMES[code]}"', ""


def text(value):
    return ' office:value-type="string"', paragraphs(value)


def rich(value):
    first, second = value.split("|")
    return ' office:value-type="string"', f'<text:p>{blanks(first)}<text:span text:style-name="bold">{second}</text:span></text:p>'


CELLS = {
    "text": text,
    "rich": rich,
    "number": lambda v, code: typed("float", "value", v, code),
    "date": lambda v, code: typed("date", "date-value", v if len(v) == 10 else v + ":00", code),
    "clock": lambda v, code: typed("time", "time-value", f"PT{v[:2]}H{v[3:]}M00S", code),
    "truth": lambda v: (f' office:value-type="boolean" office:boolean-value="{v}"', ""),
    "formula": lambda f, *_: (f" table:formula={quoteattr('of:=' + references(f))}", ""),
    "error": lambda _: (' table:formula="of:=NA()"', ""),
    "blank": lambda _, code: (f' table:style-name="{NAMES[code]}"', ""),
}


def references(formula):
    return re.sub(r"([A-Z]\d+)", r"[.\1]", formula).replace(",", ";")


def styles():
    for code, (kind, parts) in FORMATS.items():
        yield f'<number:{kind}-style style:name="F{NAMES[code]}" number:language="nb" number:country="NO">{parts}</number:{kind}-style>'
        yield f'<style:style style:name="{NAMES[code]}" style:family="table-cell" style:data-style-name="F{NAMES[code]}"/>'
    for name, display in (("shown", "true"), ("hidden", "false")):
        yield f'<style:style style:name="{name}" style:family="table"><style:table-properties table:display="{display}"/></style:style>'
    yield '<style:style style:name="bold" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'


def read(path):
    sheets = []
    for first, *rest in words.read(path):
        match first:
            case "sheet":
                sheets.append(Sheet(*rest))
            case "hide-row":
                sheets[-1].rows.add(int(rest[0]))
            case "hide-column":
                sheets[-1].columns.add(ord(rest[0]) - ord("A"))
            case "merge":
                sheets[-1].merge(rest[0])
            case "filter":
                sheets[-1].filter = rest
            case _:
                sheets[-1].put(first, *rest)
    return sheets


def document(sheets, from1904):
    yield f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMESPACES} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">'
    yield "<office:automatic-styles>"
    yield from styles()
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    if from1904:
        yield '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    for sheet in sheets:
        yield from sheet.xml()
    yield "<table:database-ranges>"
    for sheet in sheets:
        yield from sheet.filter_xml()
    yield "</table:database-ranges></office:spreadsheet></office:body></office:document>"


with open(sys.argv[2], "w", encoding="utf-8") as out:
    out.writelines(document(read(sys.argv[1]), "1904" in sys.argv[3:]))
