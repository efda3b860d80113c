#   docker build -t darkroom .
#
# For this machine alone, without keys; a published port is no loopback address, so the host's network is shared:
#
#   docker run --init --network host -v darkroom:/data darkroom
#
# For others, with keys (the first is made with the server's own data folder or database):
#
#   docker run --rm -v darkroom:/data darkroom node packages/server/bin/darkroom.js keys create --admin
#   docker run --init -p 8787:8787 -v darkroom:/data -e DARKROOM_AUTH=on -e HOST=0.0.0.0 darkroom
#
# As several processes: examples/compose and examples/kubernetes.
#
# A Debian base: the embedded PostgreSQL needs glibc.
FROM node:24-slim

ENV NODE_ENV=production \
    DARKROOM_DATA=/data

WORKDIR /app
COPY . .
RUN npm ci --omit=dev && npm cache clean --force \
    && node packages/dashboard/src/build/main.ts \
    && mkdir /data && chown node:node /data

# PostgreSQL refuses root.
USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --start-period=30s --interval=10s --timeout=3s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8787}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Not through npm: `docker stop` signals the server itself, which then drains.
CMD ["node", "packages/server/bin/darkroom.js", "start"]
