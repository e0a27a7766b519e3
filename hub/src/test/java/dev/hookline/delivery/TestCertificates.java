package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An authority, and certificates of its own making: good, for another name, expired; and one that signed itself. */
final class TestCertificates {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private final Path file;
    private final KeyStore store = KeyStore.getInstance("PKCS12");

    TestCertificates(Path folder) throws Exception {
        file = folder.resolve("certificates.p12");
        make("authority", "-ext", "bc:c");
        make("good", "-ext", "san=dns:receiver.test,ip:127.0.0.1", "-signer", "authority");
        make("other", "-ext", "san=dns:other.test", "-signer", "authority");
        make(
                "expired",
                "-ext",
                "san=dns:receiver.test",
                "-startdate",
                "-10d",
                "-validity",
                "1",
                "-signer",
                "authority");
        make("self", "-ext", "san=dns:receiver.test");
        make("client", "-signer", "authority");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
    }

    private void make(String alias, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + alias,
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD),
                "-keystore",
                file.toString()));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), US_ASCII);
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException(output);
        }
    }

    String certificate(String alias) throws Exception {
        return pem("CERTIFICATE", store.getCertificate(alias).getEncoded());
    }

    String key(String alias) throws Exception {
        return pem("PRIVATE KEY", store.getKey(alias, PASSWORD).getEncoded());
    }

    private static String pem(String type, byte[] bytes) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
                + "\n-----END " + type + "-----\n";
    }
}
