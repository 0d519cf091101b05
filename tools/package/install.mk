# SPDX-License-Identifier: MIT
# make install DESTDIR= PREFIX=/usr/local, and make uninstall, which removes exactly what install wrote.

to := $(DESTDIR)
installed = \
	$(headers:include/%=$(to)$(INCDIR)/%) \
	$(addprefix $(to)$(LIBDIR)/,libtroupe.a libtroupe.so libtroupe.so.$(SOMAJOR) libtroupe.so.$(VERSION)) \
	$(addprefix $(to)$(LIBDIR)/pkgconfig/,troupe.pc) \
	$(addprefix $(to)$(LIBDIR)/cmake/troupe/,troupe-config.cmake troupe-config-version.cmake) \
	$(addprefix $(to)$(BINDIR)/,$(notdir $(stress_bin) $(bench_bin))) \
	$(patsubst $(BUILD)/man/%,$(to)$(MANDIR)/%,$(wildcard $(BUILD)/man/man?/*))

fill = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@MAJOR@|$(SOMAJOR)|g' -e 's|@PREFIX@|$(PREFIX)|g' \
	-e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@INCDIR@|$(INCDIR)|g'

install: lib tools docs ## into DESTDIR and PREFIX (/usr/local): headers, libraries, tools, man pages, pkg-config, CMake
	install -d $(to)$(INCDIR)/troupe $(to)$(LIBDIR)/pkgconfig $(to)$(LIBDIR)/cmake/troupe $(to)$(BINDIR)
	install -m 644 include/troupe.h $(to)$(INCDIR)/
	$(if $(wildcard include/troupe/*.h),install -m 644 $(wildcard include/troupe/*.h) $(to)$(INCDIR)/troupe/)
	install -m 644 $(static_lib) $(to)$(LIBDIR)/libtroupe.a
	install -m 755 $(shared_lib) $(to)$(LIBDIR)/libtroupe.so.$(VERSION)
	ln -sf libtroupe.so.$(VERSION) $(to)$(LIBDIR)/libtroupe.so.$(SOMAJOR)
	ln -sf libtroupe.so.$(SOMAJOR) $(to)$(LIBDIR)/libtroupe.so
	$(if $(stress_bin)$(bench_bin),install -m 755 $(stress_bin) $(bench_bin) $(to)$(BINDIR)/)
	$(fill) tools/package/troupe.pc.in >$(to)$(LIBDIR)/pkgconfig/troupe.pc
	$(fill) tools/package/troupe-config.cmake.in >$(to)$(LIBDIR)/cmake/troupe/troupe-config.cmake
	$(fill) tools/package/troupe-config-version.cmake.in >$(to)$(LIBDIR)/cmake/troupe/troupe-config-version.cmake
	cd $(BUILD)/man && for page in man?/*; do install -D -m 644 "$$page" "$(to)$(MANDIR)/$$page"; done

uninstall: docs ## remove what install wrote, for the same DESTDIR and PREFIX
	rm -f $(installed)
	cd $(BUILD)/man && for page in man?/*; do rm -f "$(to)$(MANDIR)/$$page"; done
	-rmdir $(to)$(INCDIR)/troupe $(to)$(LIBDIR)/cmake/troupe 2>/dev/null || true
