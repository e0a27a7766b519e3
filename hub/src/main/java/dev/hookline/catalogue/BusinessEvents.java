package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Gives a change of a record its business event type: the first rule that matches decides. The rules are in {@code
 * catalogue/business-events.json}; an operator's own file comes before them or replaces them.
 */
public final class BusinessEvents {
    /** A file of rules that cannot be used. The message names the file and the place in it. */
    public static final class Invalid extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Invalid(String message) {
            super(message);
        }
    }

    /**
     * What a change means.
     *
     * @param eventType {@code sales_order.confirmed}
     * @param data in the shape of the type's schema, as far as the change has what it takes
     */
    public record Derived(String eventType, ObjectNode data) {}

    private final Map<String, List<BusinessRule>> byModel;
    private final Map<String, List<String>> descriptionsByType;

    BusinessEvents(List<BusinessRule> rules) {
        byModel = rules.stream().collect(Collectors.groupingBy(BusinessRule::model));
        descriptionsByType = rules.stream()
                .collect(Collectors.groupingBy(
                        BusinessRule::type,
                        Collectors.mapping(rule -> rule.model() + ": " + rule.description(), Collectors.toList())));
    }

    /** The rules that come with the hub. */
    public static BusinessEvents builtIn() {
        return new BusinessEvents(builtInRules());
    }

    private static List<BusinessRule> builtInRules() {
        return BusinessRuleFile.parse("business-events.json", BuiltInTypes.resource("business-events.json"))
                .rules();
    }

    /**
     * An operator's rules, and after them the built-in ones unless the file says {@code "built_in": false}.
     *
     * @throws Invalid when the file cannot be read, or is not as {@code docs/business-events.md} says
     */
    public static BusinessEvents read(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            throw new Invalid(file + " cannot be read: " + e);
        }
        BusinessRuleFile own = BusinessRuleFile.parse(file.toString(), text);
        List<BusinessRule> rules = new ArrayList<>(own.rules());
        if (own.builtInToo()) {
            rules.addAll(builtInRules());
        }
        return new BusinessEvents(rules);
    }

    /** Whether there is a rule at all for such a change. */
    public boolean concern(String model, Operation operation) {
        return byModel.getOrDefault(model, List.of()).stream()
                .anyMatch(rule -> rule.operations().contains(operation));
    }

    /** What a change means; empty when no rule matches. */
    public Optional<Derived> derive(Change change) {
        return rule(change).map(rule -> new Derived(rule.type(), rule.data(change)));
    }

    /** The event type of a change: what a rule says, else {@code <model>.<operation>}. */
    String typeOf(Change change) {
        return rule(change)
                .map(BusinessRule::type)
                .orElseGet(() -> change.model() + "." + change.operation().text());
    }

    private Optional<BusinessRule> rule(Change change) {
        return byModel.getOrDefault(change.model(), List.of()).stream()
                .filter(rule -> rule.matches(change))
                .findFirst();
    }

    /** Which changes give an event this type, in words: {@code sale.order: A quotation becomes an order}. */
    List<String> sourcesOf(String eventType) {
        return descriptionsByType.getOrDefault(eventType, List.of());
    }
}
