package dev.hookline.events;

import dev.hookline.delivery.PostgresEventDeliveries;
import dev.hookline.delivery.PostgresEventDeliveries.State;
import dev.hookline.delivery.PostgresEventDeliveries.Told;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventQuery;
import dev.hookline.eventlog.PostgresEventSearch;
import dev.hookline.eventlog.PostgresEventSearch.TooBroad;
import dev.hookline.http.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Lists of events of which nothing is left to deliver: nearly all are so, so the others are passed over page by page. */
final class SentEvents {
    private static final int PAGE = 500;
    private static final int PAGES_MAX = 200;

    private final PostgresEventSearch search;
    private final PostgresEventDeliveries deliveries;

    SentEvents(PostgresEventSearch search, PostgresEventDeliveries deliveries) {
        this.search = search;
        this.deliveries = deliveries;
    }

    List<Event> newest(EventQuery query, int offset, int limit) throws TooBroad, Problem {
        List<Event> sent = new ArrayList<>();
        long skipped = 0;
        EventQuery rest = query;
        for (int page = 0; page < PAGES_MAX; page++) {
            List<Event> events = search.newest(rest, 0, PAGE);
            Map<Long, Told> told = deliveries.of(
                    query.tenant(), events.stream().map(Event::position).toList());
            for (Event event : events) {
                Told one = told.get(event.position());
                if (one != null && one.state() != State.SENT) {
                    continue;
                }
                if (skipped < offset) {
                    skipped++;
                } else {
                    sent.add(event);
                }
                if (sent.size() == limit) {
                    return sent;
                }
            }
            if (events.size() < PAGE) {
                return sent;
            }
            rest = rest.below(events.getLast().position());
        }
        throw EventRoutes.tooBroad();
    }
}
