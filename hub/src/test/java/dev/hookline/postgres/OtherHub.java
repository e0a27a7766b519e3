package dev.hookline.postgres;

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
}
