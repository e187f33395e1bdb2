"""PDFs by the Python libraries that case systems and scripts use: ReportLab, fpdf2, WeasyPrint,
pypdf, pikepdf; and pages as scanners make them, by img2pdf."""

import io
import random
import shutil

import fpdf
import img2pdf
import pikepdf
import pypdf
import pypdf.actions
import weasyprint
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4, landscape, letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from common import OUT, put, work, words

DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


def reportlab(name, size=A4, draw=lambda c: None, **options):
    to = io.BytesIO()
    c = canvas.Canvas(to, pagesize=size, invariant=1, **options)
    c.setTitle("Tittel " + name), c.setAuthor("Forfatter " + name)
    for text in words("python/" + name):
        c.setFont("DejaVu", 12)
        c.drawString(60, size[1] - 100, text + " æøå")
        draw(c)
        c.bookmarkPage(text), c.addOutlineEntry("Bokmerke " + name, text)
        c.showPage()
    c.save()
    put(f"python/{name}.pdf", to.getvalue())


def python():
    pdfmetrics.registerFont(TTFont("DejaVu", DEJAVU))
    reportlab("reportlab")
    reportlab("reportlab-landscape", landscape(A4))
    reportlab("reportlab-letter-paper", letter)
    reportlab("reportlab-encrypted", encrypt="bruker")

    def fields(c):
        c.acroForm.textfield(name=f"navn{c.getPageNumber()}", x=60, y=500, width=200, height=20)
        c.acroForm.checkbox(name=f"ja{c.getPageNumber()}", x=60, y=450)
        c.acroForm.choice(name=f"valg{c.getPageNumber()}", x=60, y=400, options=["a", "b"], value="a")
    reportlab("reportlab-form", draw=fields)

    pdf = fpdf.FPDF(format="A4")
    pdf.add_font("DejaVu", fname=DEJAVU)
    for text in words("python/fpdf2"):
        pdf.add_page()
        pdf.set_font("DejaVu", size=12)
        pdf.start_section(text)
        pdf.cell(text=text + " æøå")
    put("python/fpdf2.pdf", bytes(pdf.output()))

    for name, variant in {"weasyprint": None, "weasyprint-pdfa-2b": "pdf/a-2b", "weasyprint-pdfa-3u": "pdf/a-3u", "weasyprint-pdfa-4f": "pdf/a-4f", "weasyprint-ua": "pdf/ua-1"}.items():
        body = "".join(f"<h1 style='page-break-before:always'>Overskrift</h1><p>{t}" for t in words("python/" + name))
        files = [weasyprint.Attachment(string="hei", name="notat.txt", relationship="Source")] if variant in ("pdf/a-4f", "pdf/a-3u") else []
        html = weasyprint.HTML(string=f"<html lang=nb><title>Tittel</title><style>@page{{size:A4}}body{{font-family:'DejaVu Sans'}}</style>{body}")
        document = html.render(**({"pdf_variant": variant} if variant else {}))
        document.metadata.attachments = files
        put(f"python/{name}.pdf", document.write_pdf(**({"pdf_variant": variant} if variant else {})))

    for name, encryption in {"pypdf-rc4-40": "RC4-40", "pypdf-rc4-128": "RC4-128", "pypdf-aes-128": "AES-128", "pypdf-aes-256-r5": "AES-256-R5", "pypdf-aes-256": "AES-256"}.items():
        writer = pypdf.PdfWriter(clone_from=OUT / "python/reportlab.pdf")
        writer.encrypt("", "eier", algorithm=encryption)
        writer.write(work(f"python/{name}.pdf", b" "))
        put(f"python/{name}.pdf", work(f"python/{name}.pdf").read_bytes())
    pypdf_script()
    pdfa4()


def pypdf_script():
    writer = pypdf.PdfWriter(clone_from=OUT / "python/reportlab.pdf")
    writer.add_open_action(pypdf.actions.JavaScript("app.alert(1)"))
    writer.add_attachment("notat.txt", b"hei")
    writer.write(work("python/pypdf-script.pdf", b" "))
    put("python/pypdf-script.pdf", work("python/pypdf-script.pdf").read_bytes())
    writer = pypdf.PdfWriter()
    writer.append(OUT / "python/reportlab.pdf"), writer.append(OUT / "cairo/portrait.pdf")
    writer.write(work("python/pypdf-merged.pdf", b" "))
    put("python/pypdf-merged.pdf", work("python/pypdf-merged.pdf").read_bytes())


def pdfa4():
    """PDF 2.0 with the metadata of PDF/A-4, and the same without."""
    for name, claim in {"pikepdf-2-0-pdfa-4": True, "pikepdf-2-0": False}.items():
        with pikepdf.open(OUT / "python/weasyprint-pdfa-2b.pdf") as pdf:
            with pdf.open_metadata() as meta:
                for key in ("pdfaid:conformance", "pdfaid:part"):
                    meta.pop(key, None)
                if claim:
                    meta["pdfaid:part"], meta["pdfaid:rev"] = "4", "2020"
            if not claim:
                del pdf.Root.Metadata
            if "/Info" in pdf.trailer:
                del pdf.trailer.Info
            pdf.save(work(f"python/{name}.pdf", b" "), force_version="2.0", deterministic_id=True)
        put(f"python/{name}.pdf", work(f"python/{name}.pdf").read_bytes())


def scans():
    """A page of text as a scanner sees it: grey JPEG, colour JPEG, CCITT, JPEG 2000, PNG, and
    with an invisible text layer as OCR adds it."""
    text = words("scans/any", 1)[0]
    paper = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(paper)
    font = ImageFont.truetype(DEJAVU, 36)
    dots = random.Random(1)
    for i in range(20):
        draw.text((120, 150 + 60 * i), text, font=font, fill=dots.randrange(60))
    a4 = img2pdf.get_layout_fun((img2pdf.mm_to_pt(210), img2pdf.mm_to_pt(297)))
    for name, picture, kind, options in [
            ("jpeg-grey", paper.resize((827, 1170)), "JPEG", {"quality": 40}), ("jpeg-colour", paper.resize((827, 1170)).convert("RGB"), "JPEG", {"quality": 30}),
            ("ccitt", paper.point(lambda v: 255 * (v > 128)).convert("1"), "TIFF", {"compression": "group4"}),
            ("png", paper.resize((620, 877)), "PNG", {}), ("jpeg2000", paper.resize((620, 877)), "JPEG2000", {"irreversible": True, "quality_layers": [40]})]:
        to = io.BytesIO()
        picture.save(to, kind, **options)
        put(f"scans/{name}.pdf", img2pdf.convert([to.getvalue()] * 2, layout_fun=a4, nodate=True, producer="img2pdf"))
    picture = work("scan.jpg", b" ")
    paper.resize((620, 877)).save(picture, "JPEG", quality=40)
    c = canvas.Canvas(str(work("ocr.pdf", b" ")), pagesize=A4, invariant=1)
    c.drawImage(str(picture), 0, 0, *A4)
    hidden = c.beginText(60, 740)
    hidden.setTextRenderMode(3), hidden.setFont("Helvetica", 12), hidden.textLine(words("scans/ocr", 1)[0])
    c.drawText(hidden), c.showPage(), c.save()
    put("scans/ocr.pdf", work("ocr.pdf").read_bytes())


def main():
    for name in ("python", "scans"):
        shutil.rmtree(OUT / name, ignore_errors=True)
    for make in (python, scans):
        print(make.__name__, flush=True)
        make()


if __name__ == "__main__":
    main()
