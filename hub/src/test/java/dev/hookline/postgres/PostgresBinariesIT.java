package dev.hookline.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresBinariesIT {
    @Test
    void twoStartsAtOnceShareOneUnpackedVersion(@TempDir Path cache) throws Exception {
        Callable<PostgresBinaries> unpack = () -> PostgresBinaries.unpacked(cache);
        List<Future<PostgresBinaries>> both;
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            both = threads.invokeAll(List.of(unpack, unpack));
        }

        String program = both.get(0).get().program("postgres");
        assertThat(both.get(1).get().program("postgres")).isEqualTo(program);
        assertThat(Command.run(Duration.ofSeconds(10), List.of(program, "--version"))
                        .output())
                .contains("PostgreSQL");
        try (Stream<Path> left = Files.list(cache)) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    void theArchiveIsThatOfTheMachine() {
        assertThat(PostgresBinaries.archiveName("Linux", "amd64")).isEqualTo("postgres-linux-x86_64.txz");
        assertThat(PostgresBinaries.archiveName("Linux", "aarch64")).isEqualTo("postgres-linux-arm_64.txz");
        assertThat(PostgresBinaries.archiveName("Mac OS X", "aarch64")).isEqualTo("postgres-darwin-arm_64.txz");
    }
}
