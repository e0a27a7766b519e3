package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which subscriptions an event is for. Those that name their event types are found by hash, those with stars are looked
 * through one by one, each only within its tenant. For one thread.
 */
final class Matcher {
    private record Type(String tenant, String event) {}

    private record Candidate(
            Subscription subscription,
            long fromPosition,
            long upTo,
            List<String> events,
            List<EventPattern> patterns,
            EventFilter.@Nullable Compiled filter) {
        boolean names(String type) {
            return patterns.stream().anyMatch(pattern -> pattern.matches(type)) || events.contains(type);
        }

        boolean counts(long position) {
            return position > fromPosition && position <= upTo;
        }
    }

    private final Map<Type, List<Candidate>> byType = new HashMap<>();
    private final Map<String, List<Candidate>> withStars = new HashMap<>();
    private final Map<String, EventFilter.Compiled> filters = new HashMap<>();
    private final Map<Long, FilterFailure> failures = new HashMap<>();

    /**
     * A matcher for these subscriptions.
     *
     * @param before the one that it takes the place of; what that has compiled is not compiled again
     */
    Matcher(List<Subscription> subscriptions, @Nullable Matcher before) {
        for (Subscription subscription : subscriptions) {
            SubscriptionSettings settings = subscription.settings();
            add(
                    subscription,
                    new Subscription.Formerly(
                            subscription.fromPosition(), Long.MAX_VALUE, settings.events(), settings.filter()),
                    before);
            subscription.formerly().forEach(formerly -> add(subscription, formerly, before));
        }
        if (before != null) {
            failures.putAll(before.failures);
        }
    }

    private void add(Subscription subscription, Subscription.Formerly rule, @Nullable Matcher before) {
        List<EventPattern> patterns = rule.events().stream()
                .map(EventPattern::of)
                .flatMap(Optional::stream)
                .toList();
        Candidate candidate = new Candidate(
                subscription, rule.fromPosition(), rule.upTo(), rule.events(), patterns, filter(rule.filter(), before));
        if (!patterns.isEmpty()) {
            withStars
                    .computeIfAbsent(subscription.tenant(), _ -> new ArrayList<>())
                    .add(candidate);
            return;
        }
        for (String event : Set.copyOf(rule.events())) {
            byType.computeIfAbsent(new Type(subscription.tenant(), event), _ -> new ArrayList<>())
                    .add(candidate);
        }
    }

    private EventFilter.@Nullable Compiled filter(@Nullable String text, @Nullable Matcher before) {
        if (text == null) {
            return null;
        }
        return filters.computeIfAbsent(text, _ -> {
            EventFilter.Compiled known = before == null ? null : before.filters.get(text);
            return known == null ? EventFilter.compile(text) : known;
        });
    }

    /** Gives every subscription that an event is for, each once. */
    void match(Event event, Consumer<Subscription> each) {
        String type = event.data().eventType();
        List<Candidate> exact = byType.get(new Type(event.tenant(), type));
        List<Candidate> stars = withStars.get(event.tenant());
        if (exact == null && stars == null) {
            return;
        }
        FilterInput input = new FilterInput(event);
        if (exact != null) {
            exact.forEach(candidate -> judge(candidate, event, input, each));
        }
        if (stars != null) {
            for (Candidate candidate : stars) {
                if (candidate.names(type)) {
                    judge(candidate, event, input, each);
                }
            }
        }
    }

    private void judge(Candidate candidate, Event event, FilterInput input, Consumer<Subscription> each) {
        if (candidate.counts(event.position()) && passes(candidate, input)) {
            each.accept(candidate.subscription());
        }
    }

    private boolean passes(Candidate candidate, FilterInput input) {
        return switch (candidate.filter()) {
            case null -> true;
            case EventFilter.Compiled.Refused(String reason) -> failed(candidate, reason);
            case EventFilter.Compiled.Ready(EventFilter filter) ->
                switch (filter.test(input)) {
                    case EventFilter.Verdict.Said(boolean matches) -> matches;
                    case EventFilter.Verdict.Failed(String reason) -> failed(candidate, reason);
                };
        };
    }

    private boolean failed(Candidate candidate, String reason) {
        failures.merge(candidate.subscription().id(), new FilterFailure(1, reason), FilterFailure::and);
        return false;
    }

    /** What filters failed at since the last call, by the id of the subscription. */
    Map<Long, FilterFailure> takeFailures() {
        Map<Long, FilterFailure> taken = Map.copyOf(failures);
        failures.clear();
        return taken;
    }
}
