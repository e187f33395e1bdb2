"""Monsters: PDFs made to hang, to eat memory or to overflow the stack of whoever reads them.
All are small. Bombs, which unpack to gigabytes, are made by bombs.py; those that cannot be
small are recipes in corpus_recipes_test.go.

What the verdict must be follows from how a monster is made, not from what some reader says of
it (they hurt readers too): it stands with its reason in construction.tsv."""

import re
import shutil

import common
from common import OUT
from pdfbytes import HELVETICA, assemble, flate, letter, letter_objects, number, object_stream, packed, stream, xref_stream_end

TEXT = [b"Monster om leie av bolig"]
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]%s>>"
HUGE = b"2147483647"


def put(name, body):
    common.put(f"monsters/{name}.pdf", body)


def numbers():
    """Object numbers and sizes that somebody counts up to."""
    body = b"%PDF-1.4\n1 0 obj<</Pages 2 0 R>>endobj\n2 0 obj<</Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/MediaBox[0 0 9 9]>>endobj\n"
    at = [body.index(b"%d 0 obj" % n) for n in (1, 2, 3)]
    short = b"%PDF-1.4\n1 0 obj<</Pages 2 0 R>>endobj\n2 0 obj<</Kids[1999999999 0 R]/Count 1>>endobj\n1999999999 0 obj<</MediaBox[0 0 9 9]>>endobj\n"
    put("object-number", short + b"trailer<</Root 1 0 R/Size 2000000000>>startxref\n0\n%%EOF")
    put("object-number-in-table", body + b"xref\n0 4\n0000000000 65535 f \n%010d 00000 n \n%010d 00000 n \n%010d 00000 n \n1999999999 1\n%010d 00000 n \ntrailer<</Root 1 0 R/Size 2000000000>>\nstartxref\n%d\n%%%%EOF\n" % (*at, at[2], len(body)))
    put("size-2000000000", letter(*TEXT).replace(b"/Size 5", b"/Size 2000000000"))
    put("size-negative", letter(*TEXT).replace(b"/Size 5", b"/Size -5"))
    put("size-64-bits", letter(*TEXT).replace(b"/Size 5", b"/Size 99999999999999999999999"))
    put("size-real", letter(*TEXT).replace(b"/Size 5", b"/Size 5e9"))
    put("table-section-huge", letter(*TEXT).replace(b"xref\n0 1\n", b"xref\n0 2000000000\n"))
    put("generation-huge", letter(*TEXT).replace(b"4 0 obj", b"4 4294967295 obj"))
    for rows in (900_000, 1_000_010):
        put(f"rows-{rows}-for-one-object", many_rows(rows))


def many_rows(rows: int) -> bytes:
    """A cross-reference stream with so many rows, nearly all of them for the same byte."""
    objects, out, table_ = letter_objects(TEXT), bytearray(b"%PDF-1.7\n"), number(0, 6)
    for n, o in enumerate(objects, 1):
        table_ += b"\1" + number(len(out), 4) + b"\0"
        out += b"%d 0 obj\n%s\nendobj\n" % (n, o)
    table_ += (b"\1" + number(9, 4) + b"\0") * (rows - len(objects))
    at = len(out)
    out += b"5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (flate(b"/Type/XRef/Size %d/Root 1 0 R/W[1 4 1]" % (rows + 1), table_), at)
    return bytes(out)


def with_object_stream(objects, bomb, number_=None) -> bytes:
    """A letter whose catalogue is said to be in an object stream that is given."""
    out, rows = bytearray(b"%PDF-1.7\n"), {0: (0, 0, 65535)}
    for n, o in enumerate(objects, 1):
        if n > 1:
            rows[n] = (1, len(out), 0)
            out += b"%d 0 obj\n%s\nendobj\n" % (n, o)
    n = number_ or len(objects) + 1
    rows[n], rows[1] = (1, len(out), 0), (2, n, 0)
    out += b"%d 0 obj\n%s\nendobj\n" % (n, bomb)
    return xref_stream_end(out, rows, n + 1)


def loops():
    """Everything that can point to itself."""
    put("kids-hold-their-parent", assemble([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1>>"]))
    put("kids-in-a-ring", assemble([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Pages/Parent 2 0 R/Kids[4 0 R]/Count 1>>", b"<</Type/Pages/Parent 3 0 R/Kids[2 0 R 3 0 R]/Count 1>>"]))
    put("kids-doubling", assemble([b"<</Type/Catalog/Pages 2 0 R>>"] + [b"<</Type/Pages/Kids[%d 0 R %d 0 R]/Count %d>>" % (n + 1, n + 1, 2 ** min(62, 42 - n)) for n in range(2, 42)] + [PAGE % b""]))
    put("kids-doubling-small-counts", assemble([b"<</Type/Catalog/Pages 2 0 R>>"] + [b"<</Type/Pages/Kids[%d 0 R %d 0 R]/Count 1>>" % (n + 1, n + 1) for n in range(2, 42)] + [PAGE % b""]))
    put("parent-is-itself", assemble([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 3 0 R>>"]))
    put("parents-in-a-ring", assemble([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1/Parent 4 0 R>>", b"<</Type/Page/Parent 4 0 R>>", b"<</Type/Pages/Parent 2 0 R/Kids[]/Count 0>>"]))
    for count in (b"-1", b"0", b"100", b"2000000000", b"99999999999999999999", b"/a", b"2 0 R"):
        put("count-says-" + count.decode().replace("/", "name-").replace(" ", "-"), letter(*TEXT).replace(b"/Count 1", b"/Count " + count))
    put("kids-million-times-the-same", packed([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1000000/Kids[" + b"3 0 R " * 1_000_000 + b"]>>", PAGE % b""]))
    put("kids-same-page-twice", letter(*TEXT).replace(b"/Kids[3 0 R]/Count 1", b"/Kids[3 0 R 3 0 R]/Count 2"))
    put("kids-numbers", letter(*TEXT).replace(b"/Kids[3 0 R]", b"/Kids[1 2 3]"))
    put("pages-is-the-catalogue", letter(*TEXT).replace(b"/Pages 2 0 R", b"/Pages 1 0 R"))
    body = letter(*TEXT)
    at = body.rindex(b"xref\n0")
    put("xref-prev-is-itself", body.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % at))
    second = b"xref\n0 0\ntrailer\n<</Size 5/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    ring = body.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %06d" % (len(body) + 12))
    put("xref-prev-in-a-ring", ring + second % (at, len(ring)))
    put("xref-stream-prev-is-itself", xref_prev())
    put("xref-hybrid-is-itself", body.replace(b"/Root 1 0 R", b"/Root 1 0 R/XRefStm %d" % at))
    put("xref-prev-negative", body.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev -1"))
    put("xref-prev-beyond", body.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev 99999999999999"))
    put("length-is-itself", letter_with_length(b"4 0 R"))
    put("length-in-its-own-stream", length_inside())
    put("length-chain", letter_with_length(b"5 0 R", [b"%d 0 R" % n for n in range(6, 1500)] + [b"5"]))
    put("length-negative", letter_with_length(b"-5"))
    put("length-huge", letter_with_length(b"99999999999"))
    put("references-chain", assemble(letter_objects(TEXT, catalog=b"/Outlines 3 0 R", extra=[b"%d 0 R" % n for n in range(4, 1500)] + [b"null"])))
    put("references-ring", letter(*TEXT, catalog=b"/Outlines 3 0 R/Names 3 0 R/AcroForm 3 0 R", extra=[b"4 0 R", b"3 0 R"]))
    node = {"names-ring": (b"/Names<</Dests 3 0 R>>", [b"<</Kids[4 0 R]/Limits[(a)(b)]>>", b"<</Kids[3 0 R]/Limits[(a)(b)]>>"]),
            "numbers-ring": (b"/PageLabels 3 0 R", [b"<</Kids[3 0 R]/Limits[0 1]>>"]),
            "outline-next-is-itself": (b"/Outlines 3 0 R", [b"<</Type/Outlines/First 4 0 R/Last 4 0 R/Count 1>>", b"<</Title(a)/Parent 3 0 R/Next 4 0 R>>"]),
            "outline-first-is-its-parent": (b"/Outlines 3 0 R", [b"<</Type/Outlines/First 4 0 R/Last 4 0 R/Count 1>>", b"<</Title(a)/Parent 3 0 R/First 3 0 R/Last 3 0 R/Count 1>>"]),
            "structure-ring": (b"/MarkInfo<</Marked true>>/StructTreeRoot 3 0 R", [b"<</Type/StructTreeRoot/K 4 0 R>>", b"<</S/P/P 3 0 R/K 4 0 R>>"]),
            "fields-ring": (b"/AcroForm<</Fields[3 0 R]>>", [b"<</FT/Tx/T(a)/Kids[4 0 R]>>", b"<</T(b)/Parent 3 0 R/Kids[3 0 R]>>"]),
            "actions-ring": (b"/OpenAction 3 0 R", [b"<</S/Named/N/Print/Next 3 0 R>>"]),
            "threads-ring": (b"/Threads[3 0 R]", [b"<</Type/Thread/F 4 0 R>>", b"<</N 4 0 R/V 3 0 R>>"]),
            "layers-ring": (b"/OCProperties<</OCGs[3 0 R]/D<</Order 3 0 R>>>>", [b"[3 0 R]"])}
    for name, (catalog, extra) in node.items():
        put(name, letter(*TEXT, catalog=catalog, extra=extra))
    drawn = stream(b"", b"/X Do /P1 gs")
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
    put("form-draws-itself", assemble(letter_objects(TEXT, content=drawn, resources=b"/XObject<</X 3 0 R>>", extra=[stream(form + b"/Resources<</XObject<</X 3 0 R>>>>", b"/X Do")])))
    put("forms-doubling", assemble(letter_objects(TEXT, content=drawn, resources=b"/XObject<</X 3 0 R>>", extra=[
        stream(form + b"/Resources<</XObject<</X %d 0 R>>>>" % n, b"/X Do /X Do") for n in range(4, 44)] + [stream(form, b"")])))
    put("mask-is-itself", assemble(letter_objects(TEXT, content=drawn, resources=b"/XObject<</X 3 0 R>>", extra=[stream(b"/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/SMask 3 0 R", b"x")])))
    put("colours-ring", letter(*TEXT, resources=b"/ColorSpace<</C 3 0 R>>", extra=[b"[/Indexed 3 0 R 1 <0000>]"]))
    put("functions-ring", letter(*TEXT, resources=b"/Shading<</S<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 1 1]/Function 3 0 R>>>>", extra=[b"<</FunctionType 3/Domain[0 1]/Functions[3 0 R 3 0 R]/Bounds[.5]/Encode[0 1 0 1]>>"]))
    put("pattern-ring", letter(*TEXT, resources=b"/Pattern<</P 3 0 R>>", extra=[stream(b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 1/YStep 1/Resources<</Pattern<</P 3 0 R>>>>", b"/P scn")]))
    put("resources-ring", letter(*TEXT, resources=b"/XObject 3 0 R/Properties 3 0 R", extra=[b"<</A 3 0 R>>"]))
    put("type3-draws-itself", letter(*TEXT, font=b"3 0 R", extra=[b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 65/LastChar 65/Widths[1]/Encoding<</Differences[65/A]>>/CharProcs<</A 4 0 R>>/Resources<</Font<</F1 3 0 R>>>>>>",
                                                          stream(b"", b"1 0 d0 BT /F1 1 Tf (A) Tj ET")]))
    put("descendant-is-itself", letter(*TEXT, font=b"3 0 R", extra=[b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[3 0 R]>>"]))
    put("annotation-is-its-popup", letter(*TEXT, page=b"/Annots[3 0 R]", extra=[b"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Popup 3 0 R/Parent 3 0 R/IRT 3 0 R>>"]))
    put("info-is-the-page-tree", letter(*TEXT, trailer=b"/Info 2 0 R"))


def xref_prev() -> bytes:
    out, rows = bytearray(b"%PDF-1.7\n"), {0: (0, 0, 65535)}
    for n, o in enumerate(letter_objects(TEXT), 1):
        rows[n] = (1, len(out), 0)
        out += b"%d 0 obj\n%s\nendobj\n" % (n, o)
    return xref_stream_end(out, rows, 5, trailer=b"/Prev %d" % len(out))


def letter_with_length(length, more=()) -> bytes:
    objects = letter_objects(TEXT)
    objects[3] = re.sub(rb"/Length \d+", b"/Length " + length, objects[3])
    return assemble(objects + list(more))


def length_inside() -> bytes:
    """The length of an object stream stands in that very stream."""
    inner = object_stream([(1, letter_objects(TEXT)[0]), (6, b"99")])
    length = inner[inner.index(b"/Length "):inner.index(b">>\nstream")]
    return with_object_stream(letter_objects(TEXT), inner.replace(length, b"/Length 6 0 R"))


def streams():
    """Object streams and cross-reference streams that lie."""
    objects = letter_objects(TEXT)
    good = object_stream([(1, objects[0])])
    put("object-stream-extends-itself", with_object_stream(objects, object_stream([(1, objects[0])], b"/Extends 5 0 R")))
    put("object-stream-holds-itself", with_itself(objects))
    put("object-stream-n-huge", with_object_stream(objects, good.replace(b"/N 1", b"/N " + HUGE)))
    put("object-stream-n-negative", with_object_stream(objects, good.replace(b"/N 1", b"/N -1")))
    put("object-stream-first-huge", with_object_stream(objects, good.replace(b"/First 4", b"/First " + HUGE)))
    put("object-stream-first-negative", with_object_stream(objects, good.replace(b"/First 4", b"/First -9")))
    put("object-stream-holds-a-stream", with_object_stream(objects, object_stream([(1, objects[3])])))
    for name, w in {"huge": b"1 1000000000 1", "zero": b"0 0 0", "negative": b"-1 4 2", "two": b"1 4", "nine": b"1 4 2 1 1 1 1 1 1", "64-bits": b"1 9223372036854775807 9223372036854775807", "reals": b"1.5 4 2"}.items():
        put("xref-w-" + name, packed(objects).replace(b"/W[1 4 2]", b"/W[%s]" % w))
    for name, index in {"huge": b"0 2000000000", "negative": b"-5 10", "odd": b"0 1 2", "far": b"1999999990 8", "many": b"0 1 " * 10_000, "reversed": b"7 -7"}.items():
        put("xref-index-" + name, packed(objects, trailer=b"/Index[%s]" % index))
    put("xref-size-huge", packed(objects).replace(b"/Size 7", b"/Size 2000000000"))
    put("xref-type-9", packed(objects, w=(1, 4, 2)).replace(b"/Type/XRef", b"/Type/XRef/W[0 4 2]"))
    put("xref-predictor-huge", packed(objects, trailer=b"/DecodeParms<</Predictor 12/Columns %s>>" % HUGE))


def with_itself(objects) -> bytes:
    """The stream that holds the catalogue is itself said to be inside itself."""
    out, rows = bytearray(b"%PDF-1.7\n"), {0: (0, 0, 65535)}
    out += b"5 0 obj\n%s\nendobj\n" % object_stream([(1, objects[0]), (5, b"null")])
    rows[1], rows[5] = (2, 5, 0), (2, 5, 1)
    return xref_stream_end(out, rows, 6)


def nesting():
    """Arrays and dictionaries in each other, where recursion overflows the stack."""
    deep = {"arrays": (b"[" * 200_000, b"]" * 200_000), "dictionaries": (b"<</A" * 200_000, b">>" * 200_000), "both": (b"[<</A" * 100_000, b">>]" * 100_000)}
    for name, (left, right) in deep.items():
        put(f"nested-{name}-in-object-stream", packed(letter_objects(TEXT, catalog=b"/PieceInfo 3 0 R", extra=[left + b" 0 " + right])))
        put(f"nested-{name}-nobody-reaches", packed(letter_objects(TEXT, extra=[left + b" 0 " + right])))
        put(f"nested-{name}-never-closed", packed(letter_objects(TEXT, catalog=b"/PieceInfo 3 0 R", extra=[left])))
        put(f"nested-{name}-on-the-page", packed(letter_objects(TEXT, resources=b"/Properties<</A 3 0 R>>", extra=[left + b" 0 " + right])))
        put(f"nested-{name}-in-content", assemble(letter_objects(TEXT, content=flate(b"", left + b" 0 " + right + b" TJ"))))
        put(f"nested-{name}-in-cmap", letter(*TEXT, font=HELVETICA[:-2] + b"/ToUnicode 3 0 R>>", extra=[flate(b"", b"begincmap 1 beginbfrange <00><01>" + left + right + b" endbfrange")]))
    put("nested-100", letter(*TEXT, catalog=b"/PieceInfo<</P<</Private" + b"[" * 100 + b"]" * 100 + b">>>>"))
    put("nested-strings", packed(letter_objects(TEXT, catalog=b"/PieceInfo 3 0 R", extra=[b"(" * 200_000 + b")" * 200_000])))
    put("nested-calculator", letter(*TEXT, resources=b"/Shading<</S<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 1 1]/Function 3 0 R>>>>", extra=[flate(b"/FunctionType 4/Domain[0 1]/Range[0 1]", b"{" * 200_000 + b"}" * 200_000)]))
    put("nested-xml", letter(*TEXT, catalog=b"/Metadata 3 0 R", extra=[flate(b"/Type/Metadata/Subtype/XML", b"<a>" * 500_000)]))
    put("nested-q", assemble(letter_objects(TEXT, content=flate(b"", b"q " * 2_000_000))))
    put("nested-marked-content", assemble(letter_objects(TEXT, content=flate(b"", b"/A BMC " * 1_000_000))))
    for depth in (1000, 5000):
        tree = [b"<</Type/Catalog/Pages 2 0 R>>"] + [b"<</Type/Pages/Count 1/Kids[%d 0 R]%s>>" % (n + 1, b"/Parent %d 0 R" % (n - 1) if n > 2 else b"") for n in range(2, depth + 2)]
        put(f"page-tree-{depth}-deep", packed(tree + [b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]>>" % (depth + 1)]))
        names = [b"<</Limits[(a)(b)]/Kids[%d 0 R]>>" % n for n in range(4, depth + 3)] + [b"<</Limits[(a)(a)]/Names[(a)null]>>"]
        put(f"name-tree-{depth}-deep", packed(letter_objects(TEXT, catalog=b"/Names<</Dests 3 0 R>>", extra=names)))
        items = [b"<</Type/Outlines/First 4 0 R/Last 4 0 R/Count 1>>"] + [b"<</Title(a)/Parent %d 0 R/First %d 0 R/Last %d 0 R/Count 1>>" % (n - 1, n + 1, n + 1) for n in range(4, depth + 3)]
        put(f"outline-{depth}-deep", packed(letter_objects(TEXT, catalog=b"/Outlines 3 0 R", extra=items + [b"<</Title(a)/Parent %d 0 R>>" % (depth + 2)])))
        kids = [b"<</FT/Tx/T(a)/Kids[4 0 R]>>"] + [b"<</T(a)/Parent %d 0 R/Kids[%d 0 R]>>" % (n - 1, n + 1) for n in range(4, depth + 3)]
        put(f"fields-{depth}-deep", packed(letter_objects(TEXT, catalog=b"/AcroForm<</Fields[3 0 R]>>", extra=kids + [b"<</T(b)/Parent %d 0 R/Type/Annot/Subtype/Widget/Rect[0 0 9 9]>>" % (depth + 2)])))


def contents():
    """Page contents and resources without measure."""
    put("operators-10-million", assemble(letter_objects(TEXT, content=flate(b"", b"q Q " * 5_000_000))))
    put("text-50-mb", assemble(letter_objects(TEXT, content=flate(b"", b"BT /F1 12 Tf " + b"(bolig) Tj " * 5_000_000 + b"ET"))))
    put("string-60-mb", packed(letter_objects(TEXT, catalog=b"/PieceInfo<</P<</Private 3 0 R>>>>", extra=[b"(" + b"a" * 60_000_000 + b")"])))
    put("name-10-mb", packed(letter_objects(TEXT, catalog=b"/PieceInfo 3 0 R", extra=[b"<</" + b"a" * 10_000_000 + b" 1>>"])))
    put("digits-1-mb", packed(letter_objects(TEXT, catalog=b"/PieceInfo 3 0 R", extra=[b"<</A " + b"9" * 1_000_000 + b">>"])))
    put("string-never-ends", letter(*TEXT, catalog=b"/Lang(").replace(b"endobj", b""))
    put("hex-never-ends", letter(*TEXT, catalog=b"/Lang<41").replace(b"endobj", b"").replace(b">", b""))
    put("comment-never-ends", b"%PDF-1.7\n%" + b"a" * 20_000)
    put("stream-never-ends", b"%PDF-1.7\n1 0 obj\n<</Length 10>>\nstream\n" + b"a" * 20_000)
    put("only-zeros", b"%PDF-1.7\n" + b"\0" * 20_000)
    put("only-objects-begin", b"%PDF-1.7\n" + b"1 0 obj\n" * 3000)
    put("only-obj-obj", b"%PDF-1.7\n" + b"obj " * 5000)
    put("only-trailers", b"%PDF-1.7\n" + b"trailer<</Root 1 0 R>>" * 1000)
    put("only-startxref", b"%PDF-1.7\n" + b"startxref\n9\n%%EOF\n" * 1000)
    put("only-eof", b"%PDF-1.7\n" + b"%%EOF\n" * 3000)
    put("annotations-300000", packed(letter_objects(TEXT, page=b"/Annots[" + b"3 0 R " * 300_000 + b"]", extra=[b"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]>>"])))
    put("contents-a-million-parts", packed([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents[" + b"4 0 R " * 1_000_000 + b"]>>", stream(b"", b"q Q " * 1000)]))
    put("outline-10000-items", packed(letter_objects(TEXT, catalog=b"/Outlines 3 0 R", extra=[b"<</Type/Outlines/First 4 0 R/Last 10003 0 R/Count 10000>>"] + [
        b"<</Title(a)/Parent 3 0 R%s>>" % (b"/Next %d 0 R" % (n + 1) if n < 10_003 else b"") for n in range(4, 10_004)])))
    put("entities", letter(*TEXT, catalog=b"/Metadata 3 0 R", extra=[stream(b"/Type/Metadata/Subtype/XML", b"<!DOCTYPE a[<!ENTITY a0 \"bolig\">" + b"".join(
        b"<!ENTITY a%d \"%s\">" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)) + b"]><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">&a11;</x:xmpmeta>")]))
    put("entities-from-a-file", letter(*TEXT, catalog=b"/Metadata 3 0 R", extra=[stream(b"/Type/Metadata/Subtype/XML", b"<!DOCTYPE a[<!ENTITY x SYSTEM \"file:///etc/passwd\">]><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">&x;</x:xmpmeta>")]))
    put("external-stream", assemble(letter_objects(TEXT, content=b"<</Length 0/F(/etc/passwd)/FFilter/FlateDecode>>\nstream\n\nendstream")))
    put("media-box-huge", letter(*TEXT, media=b"0 0 1e30 1e30"))
    put("media-box-not-a-number", letter(*TEXT, media=b"0 0 99999999999999999999999999999999999999999999999 -"))
    put("rotate-45", letter(*TEXT, page=b"/Rotate 45"))
    put("rotate-huge", letter(*TEXT, page=b"/Rotate 99999999999999999999"))


def fonts():
    """Fonts that are not what they say."""
    descriptor = b"/FontDescriptor<</Type/FontDescriptor/FontName/A/Flags 32/FontBBox[0 0 9 9]/ItalicAngle 0/Ascent 9/Descent 0/CapHeight 9/StemV 9/%s 3 0 R>>"
    simple = b"<</Type/Font/Subtype/%s/BaseFont/A/FirstChar 32/LastChar 33/Widths[500 500]" + descriptor + b">>"
    put("font-truetype-noise", letter(*TEXT, font=simple % (b"TrueType", b"FontFile2"), extra=[flate(b"", b"\0\1\0\0\xff\xff" + b"\xff" * 5000)]))
    put("font-type1-noise", letter(*TEXT, font=simple % (b"Type1", b"FontFile"), extra=[stream(b"/Length1 2147483647/Length2 2147483647/Length3 0", b"%!PS-AdobeFont-1.0\n")]))
    put("font-type0-no-descendants", letter(*TEXT, font=b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[]>>"))
    put("font-widths-huge", letter(*TEXT, font=b"<</Type/Font/Subtype/TrueType/BaseFont/A/FirstChar 0/LastChar 2147483647/Widths[1]>>"))
    put("font-differences-huge", letter(*TEXT, font=HELVETICA[:-2] + b"/Encoding<</Type/Encoding/Differences[2147483647/a -5/b]>>>>"))
    put("font-cmap-range-huge", letter(*TEXT, font=HELVETICA[:-2] + b"/ToUnicode 3 0 R>>", extra=[flate(b"", b"begincmap 1 beginbfrange <00000000><ffffffff><0041> endbfrange endcmap")]))
    put("font-cmap-uses-itself", letter(*TEXT, font=b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding 3 0 R/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo<</Registry(A)/Ordering(B)/Supplement 0>>>>]>>",
                                         extra=[stream(b"/Type/CMap/CMapName/A/CIDSystemInfo<</Registry(A)/Ordering(B)/Supplement 0>>/UseCMap 3 0 R", b"")]))
    put("font-is-a-page", letter(*TEXT, font=b"3 0 R"))
    put("font-null", letter(*TEXT, font=b"null"))


def main():
    shutil.rmtree(OUT / "monsters", ignore_errors=True)
    for make in (numbers, loops, streams, nesting, contents, fonts):
        make()
        print(make.__name__, flush=True)


if __name__ == "__main__":
    main()
