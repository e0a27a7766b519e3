package dev.hookline.graphql;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.hookline.http.Call;
import graphql.GraphQLContext;
import graphql.execution.CoercedVariables;
import graphql.language.IntValue;
import graphql.language.StringValue;
import graphql.language.Value;
import graphql.schema.Coercing;
import graphql.schema.CoercingParseLiteralException;
import graphql.schema.CoercingParseValueException;
import graphql.schema.CoercingSerializeException;
import graphql.schema.GraphQLScalarType;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Locale;

/** The scalars that GraphQL itself has not. */
final class Scalars {
    static final GraphQLScalarType DATE_TIME =
            GraphQLScalarType.newScalar().name("DateTime").coercing(new Times()).build();
    static final GraphQLScalarType LONG =
            GraphQLScalarType.newScalar().name("Long").coercing(new Longs()).build();
    static final GraphQLScalarType JSON =
            GraphQLScalarType.newScalar().name("JSON").coercing(new Anything()).build();

    private Scalars() {}

    private static final class Times implements Coercing<Instant, String> {
        @Override
        public String serialize(Object value, GraphQLContext context, Locale locale) {
            return value.toString();
        }

        @Override
        public Instant parseValue(Object input, GraphQLContext context, Locale locale) {
            return Call.instant(input.toString())
                    .orElseThrow(() -> new CoercingParseValueException("must be a time as 2024-02-14T15:30:45Z"));
        }

        @Override
        public Instant parseLiteral(Value<?> input, CoercedVariables variables, GraphQLContext context, Locale locale) {
            String text = input instanceof StringValue string ? String.valueOf(string.getValue()) : "";
            return Call.instant(text)
                    .orElseThrow(() -> new CoercingParseLiteralException("must be a time as \"2024-02-14T15:30:45Z\""));
        }
    }

    private static final class Longs implements Coercing<Long, Long> {
        @Override
        public Long serialize(Object value, GraphQLContext context, Locale locale) {
            return ((Number) value).longValue();
        }

        @Override
        public Long parseValue(Object input, GraphQLContext context, Locale locale) {
            try {
                return new BigInteger(input.toString()).longValueExact();
            } catch (ArithmeticException | NumberFormatException e) {
                throw new CoercingParseValueException("must be a whole number of 64 bits");
            }
        }

        @Override
        public Long parseLiteral(Value<?> input, CoercedVariables variables, GraphQLContext context, Locale locale) {
            if (input instanceof IntValue number && number.getValue().bitLength() < Long.SIZE) {
                return number.getValue().longValueExact();
            }
            throw new CoercingParseLiteralException("must be a whole number of 64 bits");
        }
    }

    /** Only ever an answer: {@link RawValue} or {@link JsonNode}, both of which are written as they are. */
    private static final class Anything implements Coercing<Object, Object> {
        @Override
        public Object serialize(Object value, GraphQLContext context, Locale locale) {
            if (value instanceof RawValue || value instanceof JsonNode) {
                return value;
            }
            throw new CoercingSerializeException("Not JSON: " + value.getClass());
        }
    }
}
