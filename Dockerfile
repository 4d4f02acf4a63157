# One image for every process of a deployment: `node`, `gateway`, `plant`, and the tools beside them. The runtime that
# decides comes with the install, at one exact version.
FROM node:24.21.0-bookworm-slim AS install
WORKDIR /quorate
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24.21.0-bookworm-slim
WORKDIR /quorate
COPY --from=install /quorate/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY protocol protocol
COPY actors actors
COPY edge edge
COPY projections projections
COPY supervisors supervisors
COPY sim sim
RUN mkdir /data && chown node:node /data
USER node
ENV NODE_ENV=production QUORATE_DATA=/data
ENTRYPOINT ["node_modules/.bin/node", "--disable-warning=ExperimentalWarning", "supervisors/main.ts"]
