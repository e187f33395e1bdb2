"""Ordinary PDFs, each by a program that people use: LibreOffice, Ghostscript, Cairo (through
librsvg), Chromium, MuPDF."""

import json
import pathlib
import shutil

from common import OUT, put, run, work, words

ODT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
 xmlns:form="urn:oasis:names:tc:opendocument:xmlns:form:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:meta><dc:title>Tittel{stem}</dc:title><dc:creator>Forfatter{stem}</dc:creator></office:meta>
<office:font-face-decls><style:font-face style:name="Liberation Serif" svg:font-family="'Liberation Serif'"/></office:font-face-decls>
<office:automatic-styles>
<style:page-layout style:name="pm"><style:page-layout-properties fo:page-width="{width}" fo:page-height="{height}" style:print-orientation="{orientation}" fo:margin="2cm"/></style:page-layout>
<style:style style:name="new" style:family="paragraph"><style:paragraph-properties fo:break-before="page"/></style:style>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="pm"/></office:master-styles>
<office:body><office:text>{forms}{body}</office:text></office:body></office:document>"""

FIELD = """<office:forms form:automatic-focus="false"><form:form form:name="skjema"><form:text form:name="navn" form:control-implementation="ooo:com.sun.star.form.component.TextField" xml:id="c1" form:id="c1"/></form:form></office:forms>
<text:p><draw:control text:anchor-type="as-char" svg:width="5cm" svg:height="0.7cm" draw:control="c1"/></text:p>"""


def odt(name, paper="portrait", form=False, pages=2):
    stem = name.replace("-", "")
    width, height = ("21cm", "29.7cm") if paper == "portrait" else ("29.7cm", "21cm")
    body = ""
    for i, text in enumerate(words("libreoffice/" + name, pages)):
        style = ' text:style-name="new"' if i else ""
        body += f'<text:h text:outline-level="1"{style}>Overskrift{stem}{i + 1}</text:h><text:p>{text}</text:p><text:p>Blåbærsyltetøy på brødskive</text:p>'
    source = ODT.format(stem=stem, width=width, height=height, orientation=paper, forms=FIELD if form else "", body=body)
    return work(f"libreoffice/{name}.fodt", source)


def office(name, options=None, **source):
    options = {k: {"type": "long" if isinstance(v, int) and not isinstance(v, bool) else "string" if isinstance(v, str) else "boolean", "value": str(v).lower() if isinstance(v, bool) else str(v)}
               for k, v in (options or {}).items()}
    run("soffice", f"-env:UserInstallation=file://{work('profile')}", "--headless", "--convert-to", "pdf:writer_pdf_Export:" + json.dumps(options),
        "--outdir", work("libreoffice/out"), odt(name, **source))
    put(f"libreoffice/{name}.pdf", work(f"libreoffice/out/{name}.pdf").read_bytes())


def libreoffice():
    office("plain", {"UseTaggedPDF": False})
    office("pdfa-1b", {"SelectPdfVersion": 1})
    office("pdfa-2b", {"SelectPdfVersion": 2})
    office("pdfa-3b", {"SelectPdfVersion": 3})
    office("pdf-1-5", {"SelectPdfVersion": 15})
    office("tagged", {"UseTaggedPDF": True})
    office("universal-access", {"PDFUACompliance": True})
    office("bookmarks", {"ExportBookmarks": True, "ExportNotes": True}, pages=5)
    office("landscape", paper="landscape")
    office("form", {"ExportFormFields": True}, form=True)
    office("form-flattened", {"ExportFormFields": False}, form=True)
    office("with-its-source", {"IsAddStream": True})
    office("password-to-open", {"EncryptFile": True, "DocumentOpenPassword": "hemmelig"})
    office("password-to-change", {"RestrictPermissions": True, "PermissionPassword": "hemmelig", "Changes": 0})
    office("opens-with-print-dialogue", {"OpenInFullScreenMode": True, "HideViewerMenubar": True})


def text_ps(name, size="595 842", pages=2):
    out = f"%!PS-Adobe-3.0\n<</PageSize [{size}]>> setpagedevice\n"
    for text in words(name, pages):
        out += f"/DejaVuSans findfont 14 scalefont setfont 72 720 moveto ({text}) show showpage\n"
    return work(name + ".ps", out)


def ghostscript():
    for name, options in {
        "1-2": ["-dCompatibilityLevel=1.2"], "1-3": ["-dCompatibilityLevel=1.3"], "1-4": ["-dCompatibilityLevel=1.4"],
        "1-5": ["-dCompatibilityLevel=1.5"], "1-7": ["-dCompatibilityLevel=1.7"],
        "1-7-uncompressed": ["-dCompatibilityLevel=1.7", "-dCompressPages=false"],
        "2-0": ["-dCompatibilityLevel=2.0"], "linear": ["-dFastWebView=true"],
        "rc4": ["-sOwnerPassword=eier", "-sUserPassword=bruker", "-dEncryptionR=3", "-dKeyLength=128", "-dCompatibilityLevel=1.4"],
        "owner-only": ["-sOwnerPassword=eier", "-dEncryptionR=3", "-dKeyLength=128", "-dPermissions=-4", "-dCompatibilityLevel=1.4"],
    }.items():
        source = text_ps("ghostscript/" + name)
        gs("ghostscript/" + name, [*options, source])
    gs("ghostscript/letter-paper", [text_ps("ghostscript/letter-paper", "612 792")])
    gs("ghostscript/mixed-papers", [text_ps("ghostscript/mixed-papers", pages=2), text_ps("ghostscript/mixed-papers-b", "1191 842", 1)])
    for part in (1, 2, 3):
        gs(f"ghostscript/pdfa-{part}b", [f"-dPDFA={part}", "-dPDFACompatibilityPolicy=1", "-sColorConversionStrategy=RGB",
                                         f"--permit-file-read={work('srgb.icc')}", pdfa_def(), text_ps(f"ghostscript/pdfa-{part}b")])


def pdfa_def():
    icc = work("srgb.icc", pathlib.Path("/usr/share/color/icc/ghostscript/srgb.icc").read_bytes())
    return work("pdfa_def.ps", """%!
[/_objdef {icc} /type /stream /OBJ pdfmark
[{icc} <</N 3>> /PUT pdfmark
[{icc} (ICC) (r) file /PUT pdfmark
[/_objdef {intent} /type /dict /OBJ pdfmark
[{intent} <</Type /OutputIntent /S /GTS_PDFA1 /DestOutputProfile {icc} /OutputConditionIdentifier (sRGB)>> /PUT pdfmark
[{Catalog} <</OutputIntents [{intent}]>> /PUT pdfmark
[/Title (Tittel) /Author (Forfatter) /DOCINFO pdfmark
""".replace("ICC)", f"{icc})"))


def gs(name, arguments):
    out = work(name + ".pdf", b" ")
    run("gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pdfwrite", f"-sOutputFile={out}", *arguments)
    put(name + ".pdf", out.read_bytes())


def cairo():
    for name, size in {"portrait": (595.28, 841.89), "landscape": (841.89, 595.28), "square": (400, 400)}.items():
        text = words("cairo/" + name, 1)[0]
        svg = work(f"cairo/{name}.svg", f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}pt" height="{size[1]}pt" viewBox="0 0 {size[0]} {size[1]}">'
                   f'<rect width="100%" height="100%" fill="#eef" opacity="0.5"/><text x="50" y="100" font-family="DejaVu Sans" font-size="12">{text}</text></svg>')
        put(f"cairo/{name}.pdf", run("rsvg-convert", "-f", "pdf", "--dpi-x", "72", "--dpi-y", "72", svg).stdout)
    png = run("rsvg-convert", "-f", "png", svg).stdout
    work("cairo/drawing.png", png)


def chromium():
    for name, css in {"portrait": "size:A4", "landscape": "size:A4 landscape", "letter-paper": "size:letter"}.items():
        body = "".join(f"<h1>Overskrift {i}</h1><p>{t}</p><p>Blåbærsyltetøy</p><div style='page-break-after:always'></div>" for i, t in enumerate(words("chromium/" + name)))
        page(name, css, body)
    fields = "<form><input name=navn><input type=checkbox name=ja><select name=valg><option>a</select></form>"
    page("web-form", "size:A4", f"<p>{words('chromium/web-form', 1)[0]}</p>{fields}<script>document.title='x'</script>")


def page(name, css, body):
    html = work(f"chromium/{name}.html", f"<!doctype html><html lang=nb><meta charset=utf-8><title>Tittel {name}</title><style>@page{{{css}}}body{{font-family:'DejaVu Sans'}}</style>{body}")
    out = work(f"chromium/{name}.pdf", b" ")
    run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={work('chromium-profile')}", f"--print-to-pdf={out}", f"file://{html}")
    put(f"chromium/{name}.pdf", out.read_bytes())


def mupdf():
    """MuPDF's clean, with its garbage collection, over a file of Chromium."""
    out = work("mupdf/clean.pdf", b" ")
    run("mutool", "clean", "-gggg", "-z", OUT / "chromium/portrait.pdf", out)
    put("mupdf/clean.pdf", out.read_bytes())
    out = work("mupdf/poster.pdf", b" ")
    run("mutool", "poster", "-x", "2", OUT / "chromium/portrait.pdf", out)
    put("mupdf/poster.pdf", out.read_bytes())


def main():
    for name in ("libreoffice", "ghostscript", "cairo", "chromium", "mupdf"):
        shutil.rmtree(OUT / name, ignore_errors=True)
    for make in (libreoffice, ghostscript, cairo, chromium, mupdf):
        print(make.__name__, flush=True)
        make()


if __name__ == "__main__":
    main()
