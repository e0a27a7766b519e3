package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
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
}
