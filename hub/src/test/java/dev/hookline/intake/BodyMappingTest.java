package dev.hookline.intake;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What makes the events of a call count once. */
class BodyMappingTest {
    private static BodyMapping.Events events(@Nullable String... ids) {
        return new BodyMapping.Events(
                Arrays.stream(ids).map(BodyMappingTest::one).toList(), false);
    }

    private static BodyMapping.One one(@Nullable String id) {
        EventData event = new EventData(
                "default",
                "erp",
                "thing",
                null,
                "T-1",
                Operation.WRITE,
                "thing.write",
                Priority.MEDIUM,
                EventData.BUSINESS,
                Instant.EPOCH,
                null,
                "{}",
                "{}");
        return new BodyMapping.One(event, id);
    }

    private static List<@Nullable String> keys(List<AppendRequest> requests) {
        return requests.stream().map(AppendRequest::deduplicationKey).toList();
    }

    @Test
    void eventsWithoutIdsAreOneRequestUnderTheIdOfTheCall() {
        List<AppendRequest> requests = events(null, null).requests("call");

        assertThat(requests).hasSize(1);
        assertThat(requests.getFirst().events()).hasSize(2);
        assertThat(requests.getFirst().deduplicationKey()).isEqualTo("call");
        assertThat(events(null, null).requests(null).getFirst().deduplicationKey())
                .isNull();
    }

    @Test
    void eventsWithIdsAreEachARequestUnderTheirOwn() {
        assertThat(keys(events("a", "b").requests("call"))).containsExactly("a", "b");
    }

    /** In part stored, the batch comes again: nothing of it may then be without an id. */
    @Test
    void eventWithoutAnIdBesideOthersGetsOneOfItsPlace() {
        List<@Nullable String> keys = keys(events(null, "a", null, "b").requests(null));

        assertThat(keys).hasSize(4).doesNotHaveDuplicates().containsSubsequence("a", "b");
        assertThat(keys.get(0)).startsWith("a#0#");
        assertThat(keys.get(2)).startsWith("a#2#");
        assertThat(keys(events(null, "a", null, "b").requests(null))).isEqualTo(keys);
        assertThat(keys(events(null, "a").requests("call")).getFirst()).startsWith("call#0#");
    }
}
