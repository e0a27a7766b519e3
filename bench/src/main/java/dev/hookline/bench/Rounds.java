package dev.hookline.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Measures sides in turn, so that what changes on the machine meanwhile meets all of them. */
final class Rounds {
    /** Something that can be measured again and again. */
    interface Side {
        /** Works for about this long, and answers the figure. */
        double measure(Duration duration) throws Exception;
    }

    private Rounds() {}

    /** Warms every side up, then goes round; answers each side's figures, in the order given. */
    static List<Figures> alternate(Plan plan, List<Side> sides) throws Exception {
        if (plan.warmUp().isPositive()) {
            for (Side side : sides) {
                side.measure(plan.warmUp());
            }
        }
        List<List<Double>> figures = new ArrayList<>();
        sides.forEach(_ -> figures.add(new ArrayList<>()));
        for (int round = 0; round < plan.rounds(); round++) {
            for (int side = 0; side < sides.size(); side++) {
                figures.get(side).add(sides.get(side).measure(plan.round()));
            }
            System.out.print(".");
            System.out.flush();
        }
        return figures.stream().map(Figures::new).toList();
    }
}
