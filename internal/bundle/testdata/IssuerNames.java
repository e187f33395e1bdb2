import java.util.HexFormat;
import java.util.Scanner;
import javax.security.auth.x500.X500Principal;

/**
 * Reads names in DER, one a line in hex, and writes each with its RFC 2253 form as Java has it (a JSON string):
 *
 *   cut -f1 issuer-names.tsv | java IssuerNames.java | diff - issuer-names.tsv
 */
class IssuerNames {
    public static void main(String[] args) {
        for (var lines = new Scanner(System.in); lines.hasNextLine();) {
            String hex = lines.nextLine();
            var name = new X500Principal(HexFormat.of().parseHex(hex)).getName(X500Principal.RFC2253);
            System.out.println(hex + "\t\"" + escaped(name) + "\"");
        }
    }

    static String escaped(String s) {
        var out = new StringBuilder();
        for (char c : s.toCharArray()) {
            boolean plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
            out.append(plain ? String.valueOf(c) : String.format("\\u%04x", (int) c));
        }
        return out.toString();
    }
}
