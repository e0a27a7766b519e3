package dev.hookline.catalogue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.path.NodePath;
import com.networknt.schema.regex.JDKRegularExpressionFactory;
import com.networknt.schema.regex.RegularExpressionFactory;
import java.util.List;
import java.util.Locale;

/** A JSON Schema (2020-12), compiled once. Safe for many threads. Nothing is ever fetched. */
final class PayloadSchema {
    /** Takes time in proportion to the text, whatever the pattern: a tenant's pattern cannot hang the hub. */
    private static final RegularExpressionFactory LINEAR_TIME = pattern -> {
        Pattern compiled = Pattern.compile(pattern);
        return text -> compiled.matcher(text).find();
    };

    /** The hub's own schemas have harmless patterns, which the JDK matches faster. */
    private static final SchemaRegistry TRUSTED = registry(JDKRegularExpressionFactory.getInstance());

    private static final SchemaRegistry UNTRUSTED = registry(LINEAR_TIME);

    private final Schema schema;

    private PayloadSchema(Schema schema) {
        this.schema = schema;
    }

    /** Compiles a schema that comes with the hub. */
    static PayloadSchema trusted(ObjectNode schema) {
        return compile(TRUSTED, schema);
    }

    /** Compiles a tenant's schema, which {@link SchemaRules} let through. */
    static PayloadSchema untrusted(ObjectNode schema) {
        return compile(UNTRUSTED, schema);
    }

    private static PayloadSchema compile(SchemaRegistry registry, ObjectNode schema) {
        Schema compiled = registry.getSchema(schema);
        compiled.initializeValidators();
        return new PayloadSchema(compiled);
    }

    private static SchemaRegistry registry(RegularExpressionFactory patterns) {
        SchemaRegistryConfig config = SchemaRegistryConfig.builder()
                .regularExpressionFactory(patterns)
                .locale(Locale.ENGLISH)
                .build();
        return SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12,
                registry -> registry.schemaRegistryConfig(config).schemaCacheEnabled(false));
    }

    /** Everything that is wrong; empty when the value is as the schema says. */
    List<Violation> check(JsonNode value) {
        List<Error> errors = schema.validate(value);
        if (errors.isEmpty()) {
            return List.of();
        }
        return errors.stream()
                .map(error -> new Violation(path(error), error.getMessage()))
                .toList();
    }

    private static String path(Error error) {
        NodePath location = error.getInstanceLocation();
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < location.getNameCount(); i++) {
            append(path, location.getElement(i));
        }
        if (error.getProperty() != null) {
            append(path, error.getProperty());
        }
        return path.toString();
    }

    private static void append(StringBuilder path, Object element) {
        if (element instanceof Integer index) {
            path.append('[').append(index).append(']');
        } else {
            path.append(path.isEmpty() ? "" : ".").append(element);
        }
    }
}
