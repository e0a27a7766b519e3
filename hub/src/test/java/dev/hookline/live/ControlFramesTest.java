package dev.hookline.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ControlFramesTest {
    private final AtomicBoolean admits = new AtomicBoolean(true);
    private final EmbeddedChannel channel = new EmbeddedChannel(new ControlFrames(admits::get));

    @Test
    void aPingOfAClientThatDoesNotReadIsDropped() {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        PingWebSocketFrame ping = new PingWebSocketFrame(Unpooled.buffer().writeZero(125));

        channel.writeInbound(ping, new PongWebSocketFrame(), new TextWebSocketFrame("hello"));

        assertThat(ping.refCnt()).isZero();
        assertThat(channel.<Object>readInbound()).isInstanceOf(PongWebSocketFrame.class);
        assertThat(channel.<Object>readInbound()).isInstanceOf(TextWebSocketFrame.class);
    }

    @Test
    void pingsAndPongsThatAreTooManyAreDropped() {
        channel.writeInbound(new PingWebSocketFrame());
        admits.set(false);

        channel.writeInbound(new PingWebSocketFrame(), new PongWebSocketFrame(), new TextWebSocketFrame("hello"));

        assertThat(channel.<Object>readInbound()).isInstanceOf(PingWebSocketFrame.class);
        assertThat(channel.<Object>readInbound()).isInstanceOf(TextWebSocketFrame.class);
    }
}
