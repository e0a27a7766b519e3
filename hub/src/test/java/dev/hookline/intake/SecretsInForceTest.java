package dev.hookline.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SecretsInForceTest {
    private static final Instant UNTIL = Instant.parse("2026-01-01T00:00:00Z");

    private static SecretsInForce inForce(
            @Nullable String environment, @Nullable String stored, @Nullable String previous, @Nullable String then) {
        Source row = new Source(
                1,
                "default",
                "orders",
                null,
                "orders",
                null,
                stored,
                previous,
                UNTIL,
                then,
                null,
                null,
                List.of(),
                null,
                null,
                true,
                true,
                Instant.EPOCH,
                Instant.EPOCH);
        return SecretsInForce.of(row, BuiltInSource.orders("default", environment));
    }

    @Test
    void theEnvironmentsCountsUntilTheFirstRotation() {
        assertThat(inForce("a", null, null, null)).isEqualTo(new SecretsInForce("a", null, null));
        assertThat(inForce(null, null, null, null)).isEqualTo(new SecretsInForce(null, null, null));
    }

    @Test
    void afterARotationTheStoredOnesCountWhileTheVariableStaysOrFollows() {
        for (String environment : List.of("a", "b", "c")) {
            assertThat(inForce(environment, "c", "b", "a"))
                    .as(environment)
                    .isEqualTo(new SecretsInForce("c", "b", UNTIL));
        }
    }

    @Test
    void aVariableThatSaysSomethingNewHasTheLastWord() {
        assertThat(inForce("d", "c", "b", "a")).isEqualTo(new SecretsInForce("d", null, null));
        assertThat(inForce(null, "c", "b", "a")).isEqualTo(new SecretsInForce(null, null, null));
    }
}
