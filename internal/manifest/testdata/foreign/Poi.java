import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.poi.ss.usermodel.Cell;
import org.apache.poi.ss.usermodel.CellStyle;
import org.apache.poi.ss.usermodel.FormulaError;
import org.apache.poi.ss.usermodel.Row;
import org.apache.poi.ss.usermodel.Sheet;
import org.apache.poi.ss.usermodel.Workbook;
import org.apache.poi.ss.util.CellRangeAddress;
import org.apache.poi.ss.util.CellReference;
import org.apache.poi.xssf.streaming.SXSSFWorkbook;
import org.apache.poi.xssf.usermodel.XSSFFont;
import org.apache.poi.xssf.usermodel.XSSFRichTextString;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;
import org.apache.poi.xssf.usermodel.XSSFWorkbookType;

/** java Poi.java LIST WORKBOOK [1904] [inline]: writes a list with Apache POI; inline: with its streaming writer. */
final class Poi {
    private final Workbook book;
    private final Map<String, CellStyle> styles = new HashMap<>();
    private Sheet sheet;

    private Poi(Workbook book) {
        this.book = book;
    }

    public static void main(String[] args) throws Exception {
        List<String> flags = Arrays.asList(args).subList(2, args.length);
        XSSFWorkbook file = new XSSFWorkbook(args[1].endsWith(".xlsm") ? XSSFWorkbookType.XLSM : XSSFWorkbookType.XLSX);
        if (flags.contains("1904")) {
            file.getCTWorkbook().getWorkbookPr().setDate1904(true);
        }
        Workbook book = flags.contains("inline") ? new SXSSFWorkbook(file) : file;
        Poi writer = new Poi(book);
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            if (!line.isBlank() && !line.startsWith("#")) {
                writer.line(Arrays.stream(line.split("\t", -1)).map(Poi::unescape).toArray(String[]::new));
            }
        }
        try (OutputStream out = Files.newOutputStream(Path.of(args[1]))) {
            book.write(out);
        }
        book.close();
    }

    private static String unescape(String s) {
        return s.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t").replace("\\s", " ");
    }

    private void line(String[] w) {
        switch (w[0]) {
            case "sheet" -> {
                sheet = book.createSheet(w[1]);
                book.setSheetHidden(book.getSheetIndex(sheet), w.length > 2);
            }
            case "hide-row" -> row(Integer.parseInt(w[1]) - 1).setZeroHeight(true);
            case "hide-column" -> sheet.setColumnHidden(CellReference.convertColStringToIndex(w[1]), true);
            case "merge" -> sheet.addMergedRegion(CellRangeAddress.valueOf(w[1]));
            case "filter" -> sheet.setAutoFilter(CellRangeAddress.valueOf(w[1])); // POI sets no criteria
            default -> put(w);
        }
    }

    private Row row(int n) {
        return sheet.getRow(n) != null ? sheet.getRow(n) : sheet.createRow(n);
    }

    private void put(String[] w) {
        CellReference at = new CellReference(w[0]);
        Cell cell = row(at.getRow()).createCell(at.getCol());
        switch (w[1]) {
            case "text" -> cell.setCellValue(w[2]);
            case "rich" -> cell.setCellValue(rich(w[2].split("\\|")));
            case "number" -> cell.setCellValue(Double.parseDouble(w[2]));
            case "date" -> cell.setCellValue(w[2].length() > 10 ? LocalDateTime.parse(w[2]) : LocalDate.parse(w[2]).atStartOfDay());
            case "clock" -> cell.setCellValue(LocalTime.parse(w[2]).toSecondOfDay() / 86400.0);
            case "truth" -> cell.setCellValue(w[2].equals("true"));
            case "error" -> cell.setCellErrorValue(FormulaError.forString(w[2]).getCode());
            case "formula" -> {
                cell.setCellFormula(w[2]);
                book.getCreationHelper().createFormulaEvaluator().evaluateFormulaCell(cell);
            }
            case "bare-formula" -> cell.setCellFormula(w[2]);
            case "blank" -> cell.setBlank();
            default -> throw new IllegalArgumentException(w[1]);
        }
        if (List.of("number", "date", "clock", "blank").contains(w[1])) {
            cell.setCellStyle(style(w[3]));
        }
    }

    private XSSFRichTextString rich(String[] runs) {
        XSSFRichTextString text = new XSSFRichTextString(runs[0]);
        XSSFFont bold = (XSSFFont) book.createFont();
        bold.setBold(true);
        text.append(runs[1], bold);
        return text;
    }

    private CellStyle style(String code) {
        return styles.computeIfAbsent(code, c -> {
            CellStyle made = book.createCellStyle();
            made.setDataFormat(book.createDataFormat().getFormat(c));
            return made;
        });
    }
}
