package dev.hookline.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a server says of itself in {@code postmaster.pid} (PostgreSQL's {@code src/include/utils/pidfile.h}): line 1 the
 * process id, line 4 the port, line 8 the status. It is only ever read: deleting it lets two servers onto one cluster.
 *
 * @param status {@code starting}, {@code ready}, {@code stopping}, or empty while the file is being written
 */
record PostmasterFile(Path data, long pid, int port, String status) {
    static Optional<PostmasterFile> read(Path data) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(data.resolve("postmaster.pid"));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        long pid = Math.abs(number(lines, 0));
        return pid == 0
                ? Optional.empty()
                : Optional.of(new PostmasterFile(data, pid, (int) number(lines, 3), line(lines, 7)));
    }

    private static String line(List<String> lines, int index) {
        return index < lines.size() ? lines.get(index).strip() : "";
    }

    private static long number(List<String> lines, int index) {
        String text = line(lines, index);
        return text.matches("-?[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    boolean ready() {
        return status.equals("ready");
    }

    Optional<ProcessHandle> process() {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    }

    /** Whether the process is this cluster's server, and not another program that was given its id since. */
    boolean running() {
        return process().map(this::isOurs).orElse(false);
    }

    private boolean isOurs(ProcessHandle process) {
        Optional<String[]> arguments = process.info().arguments();
        return arguments.isEmpty() || Arrays.asList(arguments.get()).contains(data.toString());
    }
}
