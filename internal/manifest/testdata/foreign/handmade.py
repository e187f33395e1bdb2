"""handmade.py FOLDER: changes xlsxwriter-office.xlsx by hand into what the standard allows
and programs write that cannot be run here. No program vouches for these files."""

import re
import sys
import zipfile

FOLDER = sys.argv[1]
SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"


def make(name, change):
    """Writes the office manifest anew; change gets each part's name and text."""
    with zipfile.ZipFile(f"{FOLDER}/xlsxwriter-office.xlsx") as old, zipfile.ZipFile(f"{FOLDER}/handmade-{name}.xlsx", "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part).decode()))


def strict(part, xml):
    """Strict Open XML (ISO/IEC 29500-1, annex A), as Excel saves on request: other
    namespaces, and dates in ISO 8601."""
    xml = xml.replace("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
    xml = xml.replace("http://schemas.openxmlformats.org/officeDocument/2006/", "http://purl.oclc.org/ooxml/officeDocument/")
    xml = xml.replace("<workbook ", '<workbook conformance="strict" ')
    for serial, date in (("46357.38541666666", "2026-12-01T09:15:00"), ("46357", "2026-12-01"), ("46402", "2027-01-15"), ("46387.99930555555", "2026-12-31T23:59:00")):
        xml = re.sub(rf'(<c r="G\d" s="\d+")><v>{re.escape(serial)}</v>', rf'\1 t="d"><v>{date}</v>', xml)
    return xml


def phonetic(part, xml):
    """Reading aids beside the text (18.4.6), as Japanese Excel adds them: no part of the value."""
    if part != STRINGS:
        return xml
    xml = xml.replace("</t></si>", '</t><rPh sb="0" eb="1"><t>ヨミ</t></rPh><phoneticPr fontId="1" type="noConversion"/></si>')
    return xml.replace("</r></si>", '</r><rPh sb="0" eb="1"><t>ヨミ</t></rPh><phoneticPr fontId="1"/></si>')


def excel(part, xml):
    """Attributes, extensions and kinds of formula that Excel writes."""
    if part == SHEET:
        xml = xml.replace("<worksheet ", '<worksheet xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac xr" '
                          'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision" xr:uid="{00000000-0001-0000-0000-000000000000}" ', 1)
        xml = re.sub("(<row [^>]*)>", r'\1 x14ac:dyDescent="0.25">', xml)
        xml = xml.replace("<f>K2*J2</f>", '<f t="shared" ref="O2:O5" si="0">K2*J2</f>').replace("<f>K5*J5</f>", '<f t="shared" si="0"/>')
        xml = re.sub('<c r="O3"([^>]*)><f>', r'<c r="O3" cm="1"\1><f t="array" aca="1" ref="O3" ca="1">', xml)
        xml = xml.replace("</worksheet>", '<phoneticPr fontId="1" type="noConversion"/><extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}" '
                          'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"><x14:conditionalFormattings/></ext></extLst></worksheet>')
    elif part == STRINGS:
        xml = xml.replace("Linje én.\nLinje to.", "Linje én._x000D_\nLinje to.")
    elif part == BOOK:
        xml = xml.replace("<workbookPr", '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x15"><x15ac:absPath '
                          'url="C:\\Liste\\" xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main" xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac"/></mc:Choice></mc:AlternateContent><workbookPr', 1)
        xml = xml.replace(' fullCalcOnLoad="1"', "")
    return xml


def prefixed(part, xml):
    """Every element under a prefix, as the .NET libraries of Open XML write them."""
    if part not in (SHEET, STRINGS, BOOK, "xl/styles.xml"):
        return xml
    return re.sub(r"<(/?)(?=[A-Za-z])", r"<\1x:", xml).replace("xmlns=", "xmlns:x=")


def rows_out_of_order(part, xml):
    return turned(xml, "<row.*?</row>") if part == SHEET else xml


def cells_out_of_order(part, xml):
    """In the fifth row the cells stand from right to left."""
    return re.sub('(<row r="5"[^>]*>)(.*?)(</row>)', lambda m: m[1] + turned(m[2], "<c [^>]*/>|<c .*?</c>") + m[3], xml) if part == SHEET else xml


def turned(xml, pattern):
    last_first = iter(reversed(re.findall(pattern, xml)))
    return re.sub(pattern, lambda _: next(last_first), xml)


for change in (strict, phonetic, excel, prefixed, rows_out_of_order, cells_out_of_order):
    make(change.__name__.replace("_", "-"), change)
