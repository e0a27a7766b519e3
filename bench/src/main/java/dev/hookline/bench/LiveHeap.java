package dev.hookline.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What another JVM holds. */
final class LiveHeap {
    private LiveHeap() {}

    /** Kilobytes of all live objects, after a full collection. */
    static double kilobytes(ProcessHandle java) throws IOException {
        Process jcmd = new ProcessBuilder(
                        ChildProcess.java("jcmd").toString(), Long.toString(java.pid()), "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String last = jcmd.inputReader(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("Total"))
                .findFirst()
                .orElseThrow(() -> new IOException("jcmd did not tell the heap of " + java.pid()));
        return Double.parseDouble(last.strip().replaceAll(".*\\s", "")) / 1_024;
    }
}
