package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventPatternTest {
    @ParameterizedTest
    @CsvSource({
        "*, invoice.created, true",
        "*, ping, true",
        "invoice.*, invoice.created, true",
        "invoice.*, invoice.line.created, true",
        "invoice.*, invoice, false",
        "invoice.*, invoices.created, false",
        "invoice.*, Invoice.created, false",
        "*.created, invoice.created, true",
        "*.created, invoice.line.created, false",
        "*.created, created, false",
        "sale.*.write, sale.order.write, true",
        "sale.*.write, sale.order.line.write, false",
        "sale.*.*, sale.order.line.write, true",
        "sale.*.*, sale.order, false",
        "*.*, invoice.created, true",
        "*.*, ping, false",
    })
    void aStarIsOnePartAndTheLastOneTheRest(String pattern, String type, boolean matches) {
        assertThat(EventPattern.of(pattern).orElseThrow().matches(type)).isEqualTo(matches);
    }

    @Test
    void aTypeWithoutAStarIsNoPattern() {
        assertThat(EventPattern.of("invoice.created")).isEmpty();
        assertThat(EventPattern.refusal("invoice.created")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "invoice*", "in*voice", "**", "invoice.**", "invoice.c*", "*created"})
    void refusesAStarWithinAPart(String text) {
        assertThat(EventPattern.refusal(text)).isNotNull();
    }
}
