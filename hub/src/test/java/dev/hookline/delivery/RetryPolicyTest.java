package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryPolicyTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    @Test
    void odooWaitsSixtyTimesTwoToTheN() {
        assertThat(RetryPolicy.ODOO.delays())
                .extracting(Duration::toSeconds)
                .containsExactly(60L, 120L, 240L, 480L, 960L);
        assertThat(RetryPolicy.ODOO.timeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(RetryPolicy.ODOO.after(6)).isEmpty();
    }

    @Test
    void standardGoesOnForDaysAndIsSpread() {
        Duration all = RetryPolicy.STANDARD.delays().stream().reduce(Duration.ZERO, Duration::plus);

        assertThat(all).isBetween(Duration.ofDays(3), Duration.ofDays(4));
        assertThat(RetryPolicy.STANDARD.after(2, 0)).contains(Duration.ofMinutes(4));
        assertThat(RetryPolicy.STANDARD.after(2, 0.5)).contains(Duration.ofMinutes(5));
        assertThat(RetryPolicy.STANDARD.after(2, 1)).contains(Duration.ofMinutes(6));
        assertThat(RetryPolicy.STANDARD.after(10, 0.5)).isEmpty();
    }

    @Test
    void anEmptyListOfOnesOwnRetriesNever() {
        assertThat(RetryPolicy.own(List.of()).after(1)).isEmpty();
        assertThat(RetryPolicy.own(List.of(7)).after(1, 0.9)).contains(Duration.ofSeconds(7));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | 0",
                "120 | 120",
                " 7  | 7",
                "999999999 | 86400",
                "Fri, 02 Jan 2026 03:05:05 GMT | 60",
                "Fri, 02 Jan 2026 03:00:00 GMT | 0",
                "Sat, 02 Jan 2027 03:00:00 GMT | 86400",
            })
    void readsRetryAfterAndBoundsIt(String header, long seconds) {
        assertThat(RetryAfter.parse(header, NOW)).isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "-5", "1.5", "99999999999", "2026-01-02T03:05:05Z"})
    void leavesARetryAfterThatItCannotRead(String header) {
        assertThat(RetryAfter.parse(header, NOW)).isNull();
    }
}
