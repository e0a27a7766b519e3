package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.postgres.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL while a hundred post: what was acknowledged is in the log once, and positions have no gap. */
class CrashIT {
    private static final int POSTS = 1_000;
    private static final int POSTERS = 100;
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path data;

    private final Accounts accounts = new Accounts();
    private final AtomicInteger probes = new AtomicInteger();

    private void assertNothingLost(HubProcess hub) {
        accounts.assertNothingLost(EmbeddedPostgres.running(hub.data()).orElseThrow());
    }

    private void assertAllOfABurstIsAcknowledged(HubProcess hub) {
        int before = accounts.acknowledged();
        int refused = accounts.refused().size();
        int cut = accounts.cut().size();

        accounts.burst(hub, "AGAIN-", POSTS).join();

        assertThat(accounts.refused()).hasSize(refused);
        assertThat(accounts.cut()).hasSize(cut);
        assertThat(accounts.acknowledged()).isEqualTo(before + POSTS);
        assertNothingLost(hub);
    }

    @Test
    void killingTheHubLosesNothingThatWasAcknowledged() {
        try (HubProcess hub = HubProcess.start(data, Map.of())) {
            Accounts.Load load = accounts.load(hub, "BK-", POSTERS);
            await().until(() -> accounts.acknowledged() > 50);
            hub.kill();
            load.stop();
            assertThat(accounts.cut()).isNotEmpty();

            hub.restart();

            assertNothingLost(hub);
            assertAllOfABurstIsAcknowledged(hub);
        }
    }

    @Test
    void killingPostgresLosesNothingThatWasAcknowledgedAndTheHubRecoversByItself() {
        try (HubProcess hub = HubProcess.start(data, Map.of())) {
            Accounts.Load load = accounts.load(hub, "BK-", POSTERS);
            await().until(() -> accounts.acknowledged() > 50);
            hub.postgres().destroyForcibly();
            await().atMost(SOON).until(() -> !accounts.refused().isEmpty());
            load.stop();

            await().atMost(SOON).until(() -> hub.get("/health").statusCode() == 200);
            await().atMost(SOON).until(() -> accounts.acknowledges(hub, "PROBE-" + probes.incrementAndGet()));
            assertAllOfABurstIsAcknowledged(hub);
        }
    }
}
