package batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import no.digipost.signature.client.ClientConfiguration;
import no.digipost.signature.client.ServiceEnvironment;
import no.digipost.signature.client.core.Sender;
import no.digipost.signature.client.portal.PortalClient;
import no.digipost.signature.client.security.KeyStoreConfig;

/**
 * A running {@code batch sandbox}: the program under test, started as a person starts it, in a temporary folder. It ends,
 * and its folder goes, with {@link #close()}.
 */
final class Sandbox implements AutoCloseable {

    /** The organization of the sandbox's client certificate. */
    static final String ORGANIZATION = "988015814";

    private static final String LOG = "sandbox.log";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Process process;
    private final Path folder;
    private final Path trust;
    private final String url;
    private final String control;

    private Sandbox(Process process, Path folder) throws IOException {
        this.process = process;
        this.folder = folder;
        String addresses = Files.readString(folder.resolve("sandbox.json"));
        this.url = member(addresses, "url");
        this.control = member(addresses, "control");
        // The client takes a folder of certificates, one a file; of ca.pem it reads the root, which stands first.
        this.trust = Files.createDirectory(folder.resolve("trust"));
        Files.copy(folder.resolve("ca.pem"), trust.resolve("ca.pem"));
    }

    /** Starts a sandbox in which nobody signs unless told to; it is ready when this returns. */
    static Sandbox start(String... flags) {
        try {
            Path folder = Files.createTempDirectory("batch-interop-");
            List<String> command = new ArrayList<>(List.of(System.getProperty("batch"), "sandbox", "--dir", folder.toString()));
            command.addAll(List.of(flags));
            try (WatchService watch = folder.getFileSystem().newWatchService()) {
                folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
                Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(folder.resolve(LOG).toFile()).start();
                awaitReady(process, folder, watch);
                return new Sandbox(process, folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** sandbox.json is written last: its presence means ready. */
    private static void awaitReady(Process process, Path folder, WatchService watch) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(folder.resolve("sandbox.json"))) {
            try {
                var key = watch.poll(1, SECONDS);
                if (key != null) {
                    key.reset();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (!process.isAlive() || System.nanoTime() > deadline) {
                process.destroyForcibly();
                throw new IllegalStateException("the sandbox did not start: " + Files.readString(folder.resolve(LOG)));
            }
        }
    }

    /** The Java client, configured as its documentation says, with the sandbox's certificates instead of Posten's. */
    PortalClient client() {
        return new PortalClient(configuration().build());
    }

    ClientConfiguration.Builder configuration() {
        return configuration(ownCertificate());
    }

    ClientConfiguration.Builder configuration(KeyStoreConfig certificate) {
        return ClientConfiguration.builder(certificate)
                .serviceEnvironment(new ServiceEnvironment("sandbox", URI.create(url), List.of(trust.toString())))
                .defaultSender(new Sender(ORGANIZATION));
    }

    private KeyStoreConfig ownCertificate() {
        try (InputStream p12 = Files.newInputStream(folder.resolve("client.p12"))) {
            return KeyStoreConfig.fromOrganizationCertificate(p12, Files.readString(folder.resolve("client.password")).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void signAll(long job) {
        control("POST", "/jobs/" + job + "/sign", "");
    }

    void sign(long job, int signer) {
        control("POST", "/jobs/" + job + "/signers/" + signer + "/sign", "");
    }

    void reject(long job, int signer) {
        control("POST", "/jobs/" + job + "/signers/" + signer + "/reject", "");
    }

    void fail(long job, int signer, String status) {
        control("POST", "/jobs/" + job + "/signers/" + signer + "/fail?status=" + status, "");
    }

    void advance(Duration time) {
        control("POST", "/clock?advance=" + time.toSeconds() + "s", "");
    }

    void faults(String json) {
        control("PUT", "/faults", json);
    }

    /** How many calls the portal has had, and of which kinds. */
    String calls() {
        return control("GET", "/calls/summary", "");
    }

    private String control(String method, String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(control + path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        try {
            var response = http.send(request, BodyHandlers.ofString(UTF_8));
            if (response.statusCode() != 200) {
                throw new AssertionError(method + " " + path + ": status " + response.statusCode() + ", " + response.body());
            }
            return response.body();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(method + " " + path, e);
        }
    }

    private static String member(String json, String name) {
        var matcher = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(json);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + name + " in " + json);
        }
        return matcher.group(1);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("the sandbox does not end when it is told to");
            }
            try (var files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("ending the sandbox", e);
        }
    }
}
