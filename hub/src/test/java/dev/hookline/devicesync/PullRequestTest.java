package dev.hookline.devicesync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PullRequestTest {
    private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
    private static final Cursor STORED = new Cursor(1, 0, 20, 15, null);

    private static PullRequest pull(@Nullable Long token, boolean acknowledging) {
        CursorKey key = new CursorKey(new Device("default", 1, "phone"), "app", List.of());
        return new PullRequest(key, 100, token, false, acknowledging);
    }

    private static Batch batch(long upTo, long... positions) {
        List<Event> events = Arrays.stream(positions)
                .mapToObj(position -> new Event(
                        position,
                        AT,
                        new EventData(
                                "default",
                                "odoo",
                                "m",
                                1L,
                                "1",
                                Operation.WRITE,
                                "m.write",
                                Priority.MEDIUM,
                                EventData.BUSINESS,
                                AT,
                                null,
                                "{}",
                                null)))
                .toList();
        return new Batch(events, upTo, false);
    }

    private static Acknowledgement said(long position, long lastEventId, long events) {
        return new Acknowledgement(1, 0, position, lastEventId, 1, events, AT);
    }

    @Test
    void withoutATokenABatchMovesTheCursorOnceItWasHandedOver() {
        PullRequest pull = pull(null, true);

        assertThat(pull.after(STORED)).isEqualTo(20);
        assertThat(pull.acknowledgement(STORED, batch(40, 30, 35), true, AT)).isEqualTo(said(40, 35, 2));
        assertThat(pull.acknowledgement(STORED, batch(40, 30, 35), false, AT)).isEqualTo(said(20, 15, 0));
    }

    @Test
    void aTokenMovesTheCursorAndItsBatchDoesNot() {
        PullRequest pull = pull(25L, true);

        assertThat(pull.after(STORED)).isEqualTo(25);
        assertThat(pull.acknowledgement(STORED, batch(40, 30, 35), true, AT)).isEqualTo(said(25, 25, 2));
        assertThat(pull.acknowledgement(STORED, batch(40, 30, 35), false, AT)).isEqualTo(said(25, 25, 0));
    }

    @Test
    void thatThereIsNothingIsTrueWhateverBecameOfTheAnswer() {
        for (boolean handed : new boolean[] {true, false}) {
            assertThat(pull(null, true).acknowledgement(STORED, batch(40), handed, AT))
                    .isEqualTo(said(40, 15, 0));
            assertThat(pull(18L, true).acknowledgement(STORED, batch(40), handed, AT))
                    .isEqualTo(said(40, 18, 0));
        }
    }

    @Test
    void whatIsOnlyShownMovesAndCountsNothing() {
        assertThat(pull(null, false).acknowledgement(STORED, batch(40, 30), true, AT))
                .isEqualTo(new Acknowledgement(1, 0, 20, 15, 0, 0, AT));
    }
}
