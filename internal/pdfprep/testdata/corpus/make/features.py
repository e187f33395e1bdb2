"""Hand-made PDFs that are right, each with one thing that the judges must see: scripts,
actions, forms, embedded files, papers, versions, encryption in odd places. And what people
name .pdf by mistake."""

import io
import shutil
import zipfile

import common
from common import OUT, run, work, words
from pdfbytes import A4, assemble, flate, letter_objects, packed, stream

SCRIPT = b"<</Type/Action/S/JavaScript/JS(app.alert\\(1\\))>>"
FIELD = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(navn)/Rect[72 600 300 620]/F 4/DA(/F1 12 Tf 0 g)%s>>"
FILE = [b"<</Type/Filespec/F(notat.txt)/UF(notat.txt)/EF<</F 4 0 R>>%s>>", stream(b"/Type/EmbeddedFile/Subtype/text#2Fplain", b"hei")]


def put(name, version=b"1.7", trailer=b"", pages=1, make=assemble, **parts):
    text = [t.encode() for t in words("features/" + name, pages)]
    common.put(f"features/{name}.pdf", make(letter_objects(text, **parts), version=version, trailer=trailer))


def link(action: bytes) -> bytes:
    return b"/Annots[<</Type/Annot/Subtype/Link/Rect[72 600 300 620]/A%s>>]" % action


def scripts():
    put("script-open-action", catalog=b"/OpenAction" + SCRIPT)
    put("script-open-action-object", catalog=b"/OpenAction 3 0 R", extra=[SCRIPT])
    put("script-stream", catalog=b"/OpenAction<</S/JavaScript/JS 3 0 R>>", extra=[flate(b"", b"app.alert(1)")])
    put("script-names", catalog=b"/Names<</JavaScript<</Names[(a)3 0 R]>>>>", extra=[SCRIPT])
    put("script-page", page=b"/AA<</O" + SCRIPT + b">>")
    put("script-catalog", catalog=b"/AA<</WC" + SCRIPT + b">>")
    put("script-link", page=link(SCRIPT))
    put("script-field", catalog=b"/AcroForm<</Fields[3 0 R]>>", page=b"/Annots[3 0 R]", extra=[FIELD % (b"/AA<</K" + SCRIPT + b">>")])
    put("script-next", catalog=b"/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next[" + SCRIPT + b"]>>")
    put("script-outline", catalog=b"/Outlines 3 0 R", extra=[b"<</Type/Outlines/First 4 0 R/Last 4 0 R/Count 1>>", b"<</Title(a)/Parent 3 0 R/A" + SCRIPT + b">>"])
    put("script-written-otherwise", catalog=b"/Open#41ction<</#53/Java#53cript/JS(app.alert\\(1\\))>>")
    put("script-in-object-stream", catalog=b"/OpenAction 3 0 R", extra=[SCRIPT], make=packed)
    put("script-rendition", page=b"/Annots[<</Type/Annot/Subtype/Screen/Rect[0 0 9 9]/A<</S/Rendition/OP 0/JS(app.alert\\(1\\))>>>>]")
    put("script-nobody-reaches", extra=[SCRIPT])


def actions():
    put("launch-link", page=link(b"<</S/Launch/F(virus.exe)>>"))
    put("launch-open", catalog=b"/OpenAction<</S/Launch/Win<</F(cmd.exe)/P(/c calc)>>>>")
    put("submit-link", page=link(b"<</S/SubmitForm/F<</FS/URL/F(https://example.com/)>>>>"))
    put("submit-button", catalog=b"/AcroForm<</Fields[3 0 R]>>", page=b"/Annots[3 0 R]",
        extra=[b"<</Type/Annot/Subtype/Widget/FT/Btn/Ff 65536/T(send)/Rect[72 600 300 620]/F 4/A<</S/SubmitForm/F(https://example.com/)>>>>"])
    put("goto-other-file", page=link(b"<</S/GoToR/F(annen.pdf)/D[0/Fit]>>"))
    put("goto-embedded", page=link(b"<</S/GoToE/T<</R/C/N(a)>>/D[0/Fit]>>"))
    put("web-link", page=link(b"<</S/URI/URI(https://example.com/)>>"))
    put("named-print", catalog=b"/OpenAction<</S/Named/N/Print>>")
    put("import-data", page=link(b"<</S/ImportData/F(a.fdf)>>"))


def forms():
    form = {"catalog": b"/AcroForm<</Fields[3 0 R]>>", "page": b"/Annots[3 0 R]"}
    put("form-text", extra=[FIELD % b""], **form)
    put("form-read-only", extra=[FIELD % b"/Ff 1/V(fast)"], **form)
    put("form-read-only-by-parent", catalog=b"/AcroForm<</Fields[3 0 R]>>", page=b"/Annots[4 0 R]", extra=[
        b"<</FT/Tx/Ff 1/T(a)/Kids[4 0 R]>>", b"<</Type/Annot/Subtype/Widget/Parent 3 0 R/Rect[72 600 300 620]/F 4>>"])
    put("form-check", extra=[b"<</Type/Annot/Subtype/Widget/FT/Btn/T(ja)/Rect[72 600 92 620]/F 4>>"], **form)
    put("form-choice", extra=[b"<</Type/Annot/Subtype/Widget/FT/Ch/T(valg)/Opt[(a)(b)]/Rect[72 600 300 620]/F 4/DA(/F1 12 Tf)>>"], **form)
    put("form-inherited", catalog=b"/AcroForm<</Fields[3 0 R]>>", page=b"/Annots[4 0 R]", extra=[
        b"<</FT/Tx/T(a)/Kids[4 0 R]>>", b"<</Type/Annot/Subtype/Widget/Parent 3 0 R/Rect[72 600 300 620]/F 4>>"])
    put("form-no-fields", catalog=b"/AcroForm<</Fields[]>>")
    put("form-xfa", catalog=b"/AcroForm<</Fields[]/XFA 3 0 R>>", extra=[stream(b"", b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")])
    put("form-xfa-array", catalog=b"/AcroForm<</Fields[3 0 R]/XFA[(template)4 0 R]>>", page=b"/Annots[3 0 R]", extra=[FIELD % b"", stream(b"", b"<template/>")])
    put("signature-field", catalog=b"/AcroForm<</Fields[3 0 R]/SigFlags 1>>", page=b"/Annots[3 0 R]",
        extra=[b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signatur)/Rect[72 600 300 620]/F 4>>"])
    put("comment", page=b"/Annots[<</Type/Annot/Subtype/Text/Rect[72 600 92 620]/Contents(merknad)>>]")


def files():
    names = b"/Names<</EmbeddedFiles<</Names[(notat)3 0 R]>>>>"
    put("file-names", catalog=names, extra=[FILE[0] % b"", FILE[1]])
    put("file-annotation", page=b"/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[72 600 92 620]/FS 3 0 R>>]", extra=[FILE[0] % b"", FILE[1]])
    put("file-associated", catalog=b"/AF[3 0 R]", extra=[FILE[0] % b"/AFRelationship/Source", FILE[1]])
    put("file-in-object-stream", catalog=names, extra=[FILE[0] % b"", FILE[1]], make=packed)
    put("file-names-empty", catalog=b"/Names<</EmbeddedFiles<</Names[]>>>>")
    put("file-portfolio", catalog=names + b"/Collection<</View/T>>", extra=[FILE[0] % b"", FILE[1]])


def papers():
    for name, media in {"a3": b"0 0 841.89 1190.55", "a5": b"0 0 419.53 595.28", "letter": b"0 0 612 792", "legal": b"0 0 612 1008", "landscape": b"0 0 841.89 595.28",
                        "a4-offset": b"100 100 695.28 941.89", "a4-turned-corners": b"595.28 841.89 0 0", "a4-rounded": b"0 0 595 842", "a4-cut-by-2mm": b"0 0 589.6 836.2", "stamp": b"0 0 3 3"}.items():
        put("paper-" + name, media=media)
    for turn in (90, 180, 270, -90, 450):
        put(f"paper-turned-{turn}", page=b"/Rotate %d" % turn)
    put("paper-landscape-turned-upright", media=b"0 0 841.89 595.28", page=b"/Rotate 90")
    put("paper-cropped-to-a5", page=b"/CropBox[0 0 419.53 595.28]")
    put("paper-a3-cropped-to-a4", media=b"0 0 841.89 1190.55", page=b"/CropBox[0 0 595.28 841.89]")
    put("paper-user-unit", page=b"/UserUnit 2")
    objects = letter_objects([t.encode() for t in words("features/paper-inherited", 2)], pages=b"/MediaBox[%s]/Rotate 90" % A4)
    common.put("features/paper-inherited.pdf", assemble([o.replace(b"/MediaBox[%s]" % A4, b"", 1) if b"/Type/Page/" in o else o for o in objects]))


def versions():
    for version in (b"1.0", b"1.1", b"1.2", b"1.3", b"1.4", b"1.5", b"1.6", b"1.7", b"2.0"):
        put("version-" + version.decode().replace(".", "-"), version=version)
    put("version-2-0-in-catalogue", catalog=b"/Version/2.0")
    put("version-1-4-in-catalogue", catalog=b"/Version/1.4", version=b"1.0")
    put("version-2-0-says-1-4-in-catalogue", catalog=b"/Version/1.4", version=b"2.0")
    for part, level in ((b"1", b"B"), (b"2", b"U"), (b"3", b"A"), (b"4", b"F")):
        xmp = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>%s</pdfaid:part><pdfaid:conformance>%s</pdfaid:conformance></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""" % (part, level)
        put("claims-pdfa-" + (part + level).decode().lower(), catalog=b"/Metadata 3 0 R", extra=[stream(b"/Type/Metadata/Subtype/XML", xmp)], version=b"2.0" if part == b"4" else b"1.7")


def odds():
    title = "Låneavtale — «fortrolig» 漢字".encode("utf-16-be").hex().encode()
    put("title-utf-16", trailer=b"/Info 3 0 R", extra=[b"<</Title<FEFF%s>/Author<FEFF00C5>/Keywords(hemmelige ord)/Subject(Emne)>>" % title])
    put("hidden-layer", catalog=b"/OCProperties<</OCGs[3 0 R]/D<</OFF[3 0 R]/Order[3 0 R]>>>>", extra=[b"<</Type/OCG/Name(Skjult)>>"])
    put("named-destinations", catalog=b"/Dests<</a[3 0 R/Fit]>>/Names<</Dests<</Names[(b)[3 0 R/Fit]]>>>>")
    put("page-labels", catalog=b"/PageLabels<</Nums[0<</S/r>>]>>", pages=3)
    put("piece-info", catalog=b"/PieceInfo<</Prog<</LastModified(D:20260101)/Private(x)>>>>")
    put("open-at-page", catalog=b"/OpenAction[3 0 R/XYZ null null 1]/PageMode/UseOutlines")
    put("many-pages", pages=300)
    put("article-threads", catalog=b"/Threads[3 0 R]", extra=[b"<</Type/Thread/F 4 0 R>>", b"<</Type/Bead/T 3 0 R/N 4 0 R/V 4 0 R/P 5 0 R/R[0 0 99 99]>>"])
    put("redaction", page=b"/Annots[<</Type/Annot/Subtype/Redact/Rect[72 600 92 620]>>]")
    put("usage-rights", catalog=b"/Perms<</UR3 3 0 R>>", extra=[b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[0 10 20 10]/Contents<00>/Reference[<</TransformMethod/UR3>>]>>"])


def encryption():
    """A protection is to be seen wherever its dictionary stands. The values are those of a
    file that qpdf encrypted with an empty user password, so that readers can open it."""
    text = [words("features/encrypted", 1)[0].encode()]
    plain = work("features/plain.pdf", assemble(letter_objects(text), trailer=b"/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]"))
    done = work("features/encrypted.pdf", b" ")
    run("qpdf", "--allow-weak-crypto", "--encrypt", "", "eier", "128", "--use-aes=n", "--", plain, done)
    body = done.read_bytes()
    at = body.index(b"/Encrypt ")
    inside = body[body.index(b" obj\n", body.index(b"\n%s 0 obj" % body[at + 9:].split(b" ")[0])) + 5:]
    inside = inside[:inside.index(b"\nendobj")].replace(b"\n", b" ")
    reference = body[at:body.index(b" R", at) + 2]
    common.put("features/encrypted-inline.pdf", body.replace(reference, b"/Encrypt " + inside))
    common.put("features/encrypted-name-escaped.pdf", body.replace(reference, reference.replace(b"Encrypt", b"Enc#72ypt")))
    common.put("features/encrypted-inline-name-escaped.pdf", body.replace(reference, b"/#45ncrypt" + inside))
    common.put("features/encrypted-not-there.pdf", body.replace(reference, b"/Encrypt 99 0 R"))
    objects = letter_objects(text)
    common.put("features/encrypted-xref-stream-inline.pdf", packed(objects, trailer=b"/Encrypt %s/ID[<00><00>]" % inside))
    common.put("features/encrypted-unknown-handler.pdf", assemble(objects, trailer=b"/Encrypt<</Filter/Egen.Sikkerhet/V 4>>/ID[<00><00>]"))
    common.put("features/encrypted-public-key.pdf", assemble(objects, trailer=b"/Encrypt<</Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s4/V 2/Length 128/Recipients[<00>]>>/ID[<00><00>]"))
    common.put("features/encrypted-version-9.pdf", assemble(objects, trailer=b"/Encrypt<</Filter/Standard/V 9/R 9/O(x)/U(x)/P -4>>/ID[<00><00>]"))
    common.put("features/encrypted-null.pdf", assemble(objects, trailer=b"/Encrypt null"))
    common.put("features/encrypted-in-an-older-trailer.pdf", body + b"\n" + body[body.rindex(b"xref\n0", 0, body.rindex(b"trailer")):].replace(reference, b"/Prev %d" % body.rindex(b"xref\n0", 0, body.rindex(b"trailer"))))


def lookalikes():
    word = io.BytesIO()
    with zipfile.ZipFile(word, "w", zipfile.ZIP_DEFLATED) as z:
        for name in ("[Content_Types].xml", "word/document.xml"):
            z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), "<w:document/>" * 100)
    for name, body in {
        "empty": b"", "word": word.getvalue(), "old-word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "rtf": b"{\\rtf1\\ansi Avtale}",
        "web-page": b"<!doctype html><html><body>Logg inn</body></html>", "xml": b"<?xml version='1.0'?><a/>", "postscript": b"%!PS-Adobe-3.0\nshowpage\n", "text": b"Avtale\n" * 50,
        "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 500, "png": b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "tiff": b"II*\0" + b"\0" * 500, "zeros": b"\0" * 50_000, "fdf": b"%FDF-1.2\n1 0 obj<</FDF<</F(a.pdf)>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "mail": b"From: a@example.com\nContent-Type: application/pdf\n\nJVBERi0xLjc=\n", "base64": b"JVBERi0xLjcKJcOkw7zDtsOfCg==",
    }.items():
        common.put(f"lookalikes/{name}.pdf", body)


def main():
    for name in ("features", "lookalikes"):
        shutil.rmtree(OUT / name, ignore_errors=True)
    for make in (scripts, actions, forms, files, papers, versions, odds, encryption, lookalikes):
        make()


if __name__ == "__main__":
    main()
