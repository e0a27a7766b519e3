package dev.hookline.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The file into which the server writes what it does, and its warnings and errors. */
final class ServerLog {
    private static final int FILE_BYTES_MAX = 16 << 20;
    private static final int READ_BYTES_MAX = 4_000;

    private final Path file;

    ServerLog(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    /** Keeps one older file. Only when no server runs: it writes on into the file it has opened. */
    void rotateWhenLarge() throws IOException {
        if (bytes() > FILE_BYTES_MAX) {
            Files.move(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    long bytes() throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    /** The last lines of what was written after the file had this length. */
    String after(long bytes) throws IOException {
        if (!Files.exists(file)) {
            return "";
        }
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            long from = Math.max(bytes, in.length() - READ_BYTES_MAX);
            byte[] read = new byte[(int) Math.max(0, in.length() - from)];
            in.seek(Math.min(from, in.length()));
            in.readFully(read);
            return new String(read, UTF_8).strip();
        }
    }

    String tail() throws IOException {
        return after(0);
    }
}
