package dev.hookline.bench;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** One side's figure of each round, in the order of the rounds. */
record Figures(List<Double> rounds) {
    Figures {
        rounds = List.copyOf(rounds);
    }

    double median() {
        return median(rounds);
    }

    double min() {
        return Collections.min(rounds);
    }

    double max() {
        return Collections.max(rounds);
    }

    /** The median of what each round says of the two sides: what drifts from round to round drops out. */
    double over(Figures limit) {
        return median(IntStream.range(0, rounds.size())
                .mapToObj(i -> rounds.get(i) / limit.rounds.get(i))
                .toList());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
