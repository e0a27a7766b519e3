package dev.hookline.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;

/** A hub in a process of its own, to be killed: starts the server of a folder, says so, and stays. */
final class OtherHub {
    private OtherHub() {}

    public static void main(String[] args) throws InterruptedException {
        try {
            EmbeddedPostgres postgres = EmbeddedPostgres.start(Path.of(args[0]), Path.of(args[1]));
            System.out.println("up at " + postgres.address());
        } catch (DatabaseStartException e) {
            System.out.println(e.getMessage());
            System.exit(1);
        }
        Thread.currentThread().join();
    }

    static Process launch(Path home) throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return new ProcessBuilder(
                        java.toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        OtherHub.class.getName(),
                        home.toString(),
                        TestDatabase.binariesCache().toString())
                .redirectErrorStream(true)
                .start();
    }

    static void awaitUp(Process hub) throws IOException {
        String line = hub.inputReader().readLine();
        while (line != null && !line.startsWith("up at ")) {
            line = hub.inputReader().readLine();
        }
        assertThat(line).isNotNull();
    }
}
