package dev.hookline.graphql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hookline.access.Principal;
import dev.hookline.access.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SharesTest {
    private static final Duration NOT_LONG = Duration.ofMillis(20);

    private final Shares shares = new Shares(1_000);

    static Principal user(long id) {
        return new Principal("t", id, "u" + id, Role.VIEWER, Set.of(), "session:1", Instant.MAX);
    }

    private Shares.Turn take(long user) throws InterruptedException {
        return shares.take(user(user), NOT_LONG, 10);
    }

    @Test
    void aUserHasTwoTurnsAtOnceAndOthersHaveTheirs() throws InterruptedException {
        Shares.Turn first = take(1);
        take(1);

        assertThatThrownBy(() -> take(1)).isInstanceOf(GraphProblem.class).hasMessageContaining("2 requests");
        take(2);
        first.close();
        take(1);
    }

    @Test
    void sixteenRunAtOnceWhoeverTheyAreOf() throws InterruptedException {
        List<Shares.Turn> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            all.add(take(i));
        }

        assertThatThrownBy(() -> take(16)).isInstanceOf(GraphProblem.class).hasMessageContaining("busy");
        all.getFirst().close();
        take(16);
    }

    @Test
    void whoWaitsInVainKeepsNothing() throws InterruptedException {
        Shares.Turn first = take(1);
        Shares.Turn second = take(1);
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> take(1)).hasMessageContaining("2 requests");
        }
        first.close();
        second.close();

        take(1);
        take(1);
    }

    @Test
    void moreOfAUserThanMayWaitAreRefusedAtOnce() throws InterruptedException {
        shares.take(user(1), NOT_LONG, 0);
        shares.take(user(1), NOT_LONG, 0);

        assertThatThrownBy(() -> shares.take(user(1), Duration.ofDays(1), 0))
                .isInstanceOfSatisfying(
                        GraphProblem.class,
                        problem -> assertThat(problem.status()).isEqualTo(429));
    }

    @Test
    void aUserHoldsHalfOfTheMemoryAtMostAndAllTogetherNoMoreThanThereIs() {
        assertThat(shares.hold(user(1), 501)).isFalse();
        assertThat(shares.hold(user(1), 500)).isTrue();
        assertThat(shares.hold(user(1), 1)).isFalse();
        assertThat(shares.hold(user(2), 400)).isTrue();
        assertThat(shares.hold(user(3), 101)).isFalse();

        shares.release(user(1), 500);

        assertThat(shares.hold(user(3), 500)).isTrue();
    }
}
