"""Bombs: monsters of a few kilobytes that unpack to gigabytes, or claim to. They go into the
folder that monsters.py has made."""

import zlib

from monsters import HUGE, TEXT, put, with_object_stream
from pdfbytes import HELVETICA, assemble, flate, letter, letter_objects, number, stream, zeros


def expansions():
    """Little that unpacks to gigabytes, where readers look for it."""
    four_gigabytes = zeros(4096, 2)
    double = b"/Filter[/FlateDecode/FlateDecode]"
    put("content-4-gb", assemble(letter_objects(TEXT, content=stream(double, four_gigabytes))))
    put("content-4-gb-thrice", assemble(letter_objects(TEXT, content=stream(b"/Filter[/FlateDecode/FlateDecode/FlateDecode]", zeros(4096, 3)))))
    for name, where in {"metadata": b"/Metadata 3 0 R", "names": b"/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS 3 0 R>>]>>>>", "xfa": b"/AcroForm<</Fields[]/XFA 3 0 R>>",
                        "file": b"/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a)/EF<</F 3 0 R>>>>]>>>>", "nobody-reads": b""}.items():
        put(f"{name}-4-gb", letter(*TEXT, catalog=where, extra=[stream(b"/Type/Metadata/Subtype/XML" * (name == "metadata") + double, four_gigabytes)]))
    xobject = b"/XObject<</X 3 0 R>>"
    use = stream(b"", b"q 100 0 0 100 72 500 cm /X Do Q")
    put("form-4-gb", assemble(letter_objects(TEXT, resources=xobject, content=use, extra=[stream(b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]" + double, four_gigabytes)])))
    put("image-4-gb", assemble(letter_objects(TEXT, resources=xobject, content=use, extra=[stream(b"/Type/XObject/Subtype/Image/Width 65536/Height 65536/BitsPerComponent 8/ColorSpace/DeviceGray" + double, four_gigabytes)])))
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/A/FirstChar 32/LastChar 32/Widths[500]/FontDescriptor<</Type/FontDescriptor/FontName/A/Flags 32/FontBBox[0 0 9 9]/ItalicAngle 0/Ascent 9/Descent 0/CapHeight 9/StemV 9/FontFile2 3 0 R>>>>"
    put("font-4-gb", letter(*TEXT, font=font, extra=[stream(double, four_gigabytes)]))
    put("to-unicode-4-gb", letter(*TEXT, font=HELVETICA[:-2] + b"/ToUnicode 3 0 R>>", extra=[stream(double, four_gigabytes)]))
    put("icc-4-gb", letter(*TEXT, resources=b"/ColorSpace<</C[/ICCBased 3 0 R]>>", extra=[stream(b"/N 3" + double, four_gigabytes)]))
    objects = letter_objects(TEXT)
    bomb = stream(b"/Type/ObjStm/N 1/First 5" + double, four_gigabytes)
    put("object-stream-4-gb", with_object_stream(objects, bomb))
    out = bytearray(b"%PDF-1.7\n")
    at = len(out)
    put("xref-stream-4-gb", bytes(out) + b"9 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (stream(b"/Type/XRef/Size 600000000/Root 1 0 R/W[1 4 2]" + double, four_gigabytes), at))
    put("lzw", assemble(letter_objects(TEXT, content=stream(b"/Filter[/FlateDecode/LZWDecode]", zlib.compress(lzw_spaces(4), 9)))))
    put("run-length", assemble(letter_objects(TEXT, content=stream(b"/Filter[/FlateDecode/FlateDecode/RunLengthDecode]", zlib.compress(zlib.compress(b"\x81 " * 16_000_000, 9), 9)))))
    put("ascii85", assemble(letter_objects(TEXT, content=stream(b"/Filter[/FlateDecode/FlateDecode/ASCII85Decode]", zlib.compress(zlib.compress(b"z" * 250_000_000 + b"~>", 9), 9)))))
    put("ascii-hex", assemble(letter_objects(TEXT, content=stream(b"/Filter[/FlateDecode/FlateDecode/ASCIIHexDecode]", zlib.compress(zlib.compress(b"20" * 400_000_000 + b">", 9), 9)))))
    put("filters-1000", assemble(letter_objects(TEXT, content=stream(b"/Filter[" + b"/FlateDecode" * 1000 + b"]", b"x" * 100))))
    put("filters-hex-2000", assemble(letter_objects(TEXT, content=stream(b"/Filter[" + b"/ASCIIHexDecode" * 2000 + b"]", b"20" * 100))))
    for key, value in {b"Columns": HUGE, b"Colors": HUGE, b"BitsPerComponent": HUGE, b"Columns ": b"0", b"Columns  ": b"-1", b"Predictor": HUGE}.items():
        parms = b"/DecodeParms<</Predictor 15/%s %s>>" % (key, value)
        put(f"predictor-{key.strip().decode().lower()}-{value.decode()}", assemble(letter_objects(TEXT, content=flate(parms, b"\2" + b" " * 5000))))


def lzw_spaces(gigabytes: int) -> bytes:
    """LZW codes of ever longer runs of spaces, 7 MB for each filling of the table (ISO 32000-1,
    7.4.4). One filling has whole bytes, so that all are alike and pack well."""
    codes = [(256, 9), (32, 9)]
    codes += [(code, 9 if code < 511 else 10 if code < 1023 else 11 if code < 2047 else 12) for code in range(258, 4094)]
    codes.append((256, 12))
    while sum(w for _, w in codes) % 8:
        codes.append((256, 9))
    bits = "".join(format(code, f"0{w}b") for code, w in codes)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") * (gigabytes * 140)


def pictures():
    """Pictures that claim to be huge."""
    use, where = stream(b"", b"q 100 0 0 100 72 500 cm /X Do Q"), b"/XObject<</X 3 0 R>>"
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent %d/ColorSpace/%s"
    jpeg = b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xdc\xff\xdc\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00" + b"\0" * 100 + b"\xff\xd9"
    jp2 = b"\xff\x4f\xff\x51\x00\x2f\x00\x00" + number(2**32 - 1, 4) * 2 + b"\0" * 8 + number(2**32 - 1, 4) * 2 + b"\0" * 8 + b"\x00\x03" + b"\x07\x01\x01" * 3 + b"\xff\xd9"
    jbig2 = b"\x00\x00\x00\x00\x30\x00\x01\x00\x00\x00\x13" + b"\xff\xff\xff\xff\xff\xff\xff\xff" + b"\0" * 8 + b"\x00\x00\x00"
    for name, body in {
        "60000": flate(head % (60_000, 60_000, 8, b"DeviceRGB"), b"\0" * 100_000),
        "60000-all-there": stream(head % (60_000, 60_000, 1, b"DeviceGray") + b"/Filter[/FlateDecode/FlateDecode]", zeros(430, 2)),
        "negative": flate(head % (-5, -5, 8, b"DeviceGray"), b"\0"),
        "zero": flate(head % (0, 0, 8, b"DeviceGray"), b""),
        "two-thousand-million": flate(head % (2**31 - 1, 2**31 - 1, 16, b"DeviceCMYK"), b"\0"),
        "jpeg": stream(head % (65_500, 65_500, 8, b"DeviceRGB") + b"/Filter/DCTDecode", jpeg),
        "jpx": stream(b"/Type/XObject/Subtype/Image/Width 4294967295/Height 4294967295/Filter/JPXDecode", jp2),
        "jbig2": stream(head % (2**32 - 1, 2**32 - 1, 1, b"DeviceGray") + b"/Filter/JBIG2Decode", jbig2),
        "ccitt": stream(head % (60_000, 60_000, 1, b"DeviceGray") + b"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 2147483647/Rows 2147483647>>", b"\0" * 100),
        "ccitt-negative": stream(head % (60_000, 60_000, 1, b"DeviceGray") + b"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns -1/Rows -1>>", b"\0" * 100),
    }.items():
        put("image-" + name, assemble(letter_objects(TEXT, content=use, resources=where, extra=[body])))
    put("image-inline-never-ends", assemble(letter_objects(TEXT, content=stream(b"", b"BI /W 60000 /H 60000 /BPC 8 /CS /RGB ID " + b"\0" * 20_000))))


def main():
    expansions()
    pictures()


if __name__ == "__main__":
    main()
